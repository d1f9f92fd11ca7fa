/** One report of how far a piece of work has come. */
export interface ProgressEvent {
  /** What is being done, in a few words: `training sub-01`. */
  label: string;
  /** Units done so far, from 0 to `total`. */
  done: number;
  /** Units in all, where known. */
  total?: number;
  /** A short changing remark: `loss 2.31, 34 steps/s`. */
  detail?: string;
}

/** Receives progress; must be cheap and must not throw. */
export type ProgressListener = (event: ProgressEvent) => void;

/** What every long function takes beside its own options. */
export interface WorkOptions {
  /** Stops the work at its next safe point with an AbortedError. */
  signal?: AbortSignal;
  /** Told how far the work is, now and then. */
  onProgress?: ProgressListener;
}

/** Resolves on the next turn of the event loop, so that signals and interrupts are seen during long loops. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

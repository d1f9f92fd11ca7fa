import type { WorkOptions } from '../util/progress.js';

/** The stages of a study, in order. */
export const stageNames = ['prepare', 'embed', 'decode', 'cluster', 'concepts', 'maps', 'report'] as const;
/** A stage of a study, in the order in which they run. */
export type StageName = (typeof stageNames)[number];

/** What a unit will need, estimated from the study's sizes before it runs. */
export interface UnitCost {
  memoryBytes: number;
  /** Core-seconds on an ordinary core; divide by the threads given. */
  cpuSeconds: number;
  /** Most threads it can use. */
  maxThreads: number;
}

/** What a running unit is given. */
export interface UnitContext extends WorkOptions {
  /** Absolute path of an input; an absolute path stays as it is. */
  input(path: string): string;
  /** Absolute path, in a staging folder, under which to write an output; it gets its name when the unit ends. */
  output(path: string): string;
  /** Absolute path of a file that outlives an interrupted run: checkpoints. Removed when the unit is done. */
  scratch(name: string): string;
  threads: number;
  engine?: string;
}

/**
 * The smallest piece of a study that is run, recorded, resumed and scheduled by itself. All paths are relative
 * to the study folder. A unit is done when its record names the same parameters and the same hashes of its
 * inputs, and its outputs are whole.
 */
export interface Unit {
  /** Stable address: `decode/sub-01/run-003`. */
  readonly id: string;
  readonly stage: StageName;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** The record's path, beside the results. */
  readonly record: string;
  /** Everything beside the inputs that decides the bytes of the outputs; JSON. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly cost?: UnitCost;
  /** Writes every output; what it returns goes into the record as `result` (JSON). */
  run(context: UnitContext): Promise<Record<string, unknown> | undefined>;
}

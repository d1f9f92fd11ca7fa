import type { Trials } from '../prepare/index.js';

/** Fewer stimuli than this tell too little: all are used instead, and said to be. */
const fewest = 100;

/** Stimuli to judge labels and categories by. */
export interface JudgedStimuli {
  /** Rows of the embeddings. */
  readonly rows: Int32Array;
  /** `held out`: in no participant's training trials; `all`, where these are too few. */
  readonly pool: 'held out' | 'all';
}

/** Rows of the trials that the participant's own decoder did not see; all, where it saw every one. */
export function heldOutTrials({ nTrials, split }: Trials): Int32Array {
  const all = Int32Array.from({ length: nTrials }, (_, t) => t);
  const rows = all.filter((t) => split[t] !== 'train');
  return rows.length ? rows : all;
}

/** The stimuli that no decoder was trained on; all, where these are fewer than a hundred. */
export function heldOutStimuli(trials: readonly Trials[], nStimuli: number): JudgedStimuli {
  const trained = new Uint8Array(nStimuli);
  for (const { nTrials, stimulus, split } of trials)
    for (let t = 0; t < nTrials; t++) if (split[t] === 'train') trained[stimulus[t]!] = 1;
  const all = Int32Array.from({ length: nStimuli }, (_, s) => s);
  const rows = all.filter((s) => !trained[s]);
  return rows.length >= fewest ? { rows, pool: 'held out' } : { rows: all, pool: 'all' };
}

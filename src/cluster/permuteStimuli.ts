import { randomStream } from '../util/random.js';

/**
 * Stimulus labels of one participant with the stimuli's names exchanged at random: every trial that showed s now
 * counts as one of π(s), so that repetitions stay repetitions, and nothing ties responses to embeddings.
 *
 * @param stimulus 0-based embedding row of each trial
 * @param rows trials whose stimuli change places among each other (the training rows); default all. Others keep theirs
 */
export function permuteStimuli(
  stimulus: ArrayLike<number>,
  seed: number,
  participant: number | string,
  draw: number,
  rows: ArrayLike<number> = Int32Array.from({ length: stimulus.length }, (_, t) => t),
): Int32Array {
  const shown = [...new Set(Array.from(rows, (row) => stimulus[row]!))].sort((a, b) => a - b);
  const order = randomStream(seed, 'permute stimuli', participant, draw).permutation(shown.length);
  const now = new Map(shown.map((s, k) => [s, shown[order[k]!]!]));
  const permuted = Int32Array.from(stimulus);
  for (let r = 0; r < rows.length; r++) permuted[rows[r]!] = now.get(stimulus[rows[r]!]!)!;
  return permuted;
}

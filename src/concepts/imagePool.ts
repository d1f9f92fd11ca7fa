import type { Trials } from '../prepare/index.js';
import { InputError } from '../util/index.js';

/** Which stimuli to rank: all; those of test trials; those no given participant saw. */
export type PoolKind = 'all' | 'test' | 'unseen';

/**
 * Rows of the embeddings to rank over, ascending: `all` of them, those shown in `test` trials of any given
 * participant, or those `unseen` by all given participants (one participant: those it never saw).
 *
 * @param nStimuli rows of the embeddings
 * @param trials trial table of one participant or several
 * @throws InputError if no stimulus is left, with the counts
 * @example
 * const unseen = imagePool(73_000, trials, 'unseen');
 */
export function imagePool(nStimuli: number, trials: Trials | readonly Trials[], kind: PoolKind): Int32Array {
  const tables = Array.isArray(trials) ? (trials as readonly Trials[]) : [trials as Trials];
  const chosen = new Uint8Array(nStimuli).fill(kind === 'test' ? 0 : 1);
  if (kind !== 'all') {
    for (const { nTrials, stimulus, split } of tables) {
      for (let t = 0; t < nTrials; t++) {
        if (stimulus[t]! >= nStimuli || stimulus[t]! < 0) {
          throw new InputError(`stimulus of trial ${t}`, stimulus[t]!, `in [0, ${nStimuli})`);
        }
        if (kind === 'unseen') chosen[stimulus[t]!] = 0;
        else if (split[t] === 'test') chosen[stimulus[t]!] = 1;
      }
    }
  }
  const rows = Int32Array.from(Array.from(chosen.keys()).filter((row) => chosen[row]));
  if (rows.length) return rows;
  throw new InputError(
    `number of ${kind} stimuli`,
    0,
    `at least 1 of ${nStimuli}`,
    'rank over "all" instead',
  );
}

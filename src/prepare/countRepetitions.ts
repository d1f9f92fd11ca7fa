/**
 * Numbers the showings of each stimulus: entry t is how often the stimulus of trial t was shown before, in the
 * order of the trials, from 0.
 *
 * @example countRepetitions([7, 3, 7, 7]) // Int32Array [0, 0, 1, 2]
 */
export function countRepetitions(stimulus: ArrayLike<number>): Int32Array {
  const shown = new Map<number, number>();
  const repetition = new Int32Array(stimulus.length);
  for (let trial = 0; trial < stimulus.length; trial++) {
    const earlier = shown.get(stimulus[trial]!) ?? 0;
    repetition[trial] = earlier;
    shown.set(stimulus[trial]!, earlier + 1);
  }
  return repetition;
}

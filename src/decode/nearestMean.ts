import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';

/**
 * Scores of the nearest-mean classifier, nTest × nStimuli: −‖x − mean of the training responses to stimulus s‖²,
 * mapped in each row to run from 1 (nearest) to 0 (farthest). Stimuli that no training trial showed get −1.
 * float64 inside.
 *
 * @throws InputError if no training trial shows a stimulus at all
 */
export function nearestMean(
  train: Matrix,
  stimulus: ArrayLike<number>,
  test: Matrix,
  nStimuli: number,
): Matrix {
  const nVoxels = train.shape[1];
  const counts = new Float64Array(nStimuli);
  const means = new Float64Array(nStimuli * nVoxels);
  for (let row = 0; row < train.shape[0]; row++) {
    const s = stimulus[row]!;
    counts[s]!++;
    const x = rowOf(train, row);
    for (let v = 0; v < nVoxels; v++) means[s * nVoxels + v]! += x[v]!;
  }
  if (counts.every((count) => count === 0)) throw new InputError('training trials', 0, 'at least 1');
  const out = matrix(test.shape[0], nStimuli);
  for (let row = 0; row < test.shape[0]; row++) {
    const x = rowOf(test, row);
    const scores = Float64Array.from(counts, (count, s) => {
      if (count === 0) return Number.NEGATIVE_INFINITY;
      let square = 0;
      for (let v = 0; v < nVoxels; v++) square += (x[v]! - means[s * nVoxels + v]! / count) ** 2;
      return -square;
    });
    const seen = scores.filter(Number.isFinite);
    const best = Math.max(...seen);
    const range = best - Math.min(...seen) || 1;
    // From 1 (best) down to 0 among the seen, −1 for stimuli never seen: order is all that retrieval looks at.
    scores.forEach((score, s) => {
      out.data[row * nStimuli + s] = Number.isFinite(score) ? 1 + (score - best) / range : -1;
    });
  }
  return out;
}

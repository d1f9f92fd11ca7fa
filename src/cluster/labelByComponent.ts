import { type Matrix, matrix } from '../util/array.js';
import type { Labelled } from './matchClusters.js';

/**
 * Components as if they were clusters: each is signed so that its largest scores are positive (by their third
 * moment), and a voxel is labelled with the component of its largest score; −1 where none is positive, and for zero
 * vectors.
 *
 * @param scores one row of k scores for each vector that is not zero, in order; signs are changed in place
 * @param directions k directions in the vectors' space; scaled to unit length in the result
 */
export function labelByComponent(
  vectors: readonly Matrix[],
  scores: Float64Array,
  directions: readonly Float64Array[],
): Labelled {
  const k = directions.length;
  const nDims = directions[0]!.length;
  const components = matrix(k, nDims);
  directions.forEach((direction, c) => {
    let skew = 0;
    for (let at = c; at < scores.length; at += k) skew += scores[at]! ** 3;
    const sign = skew < 0 ? -1 : 1;
    for (let at = c; at < scores.length; at += k) scores[at]! *= sign;
    const length = Math.hypot(...direction);
    for (let d = 0; d < nDims; d++) components.data[c * nDims + d] = (sign * direction[d]!) / length;
  });
  let at = 0;
  const labels = vectors.map(({ data }, p) =>
    Int32Array.from({ length: vectors[p]!.shape[0] }, (_, v) => {
      if (data.subarray(v * nDims, (v + 1) * nDims).every((y) => y === 0)) return -1;
      const row = scores.subarray(at, (at += k));
      const most = row.indexOf(Math.max(...row));
      return row[most]! > 0 ? most : -1;
    }),
  );
  return { labels, vectors: components };
}

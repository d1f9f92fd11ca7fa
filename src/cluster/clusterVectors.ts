import { type Matrix, matrix, rowOf } from '../util/array.js';
import type { Weighting } from './types.js';

/**
 * Concept vectors: the normalised mean of the unit vectors of a cluster's labelled voxels. With `voxels` all
 * voxels are pooled, so participants with more of them weigh more; with `participants` each participant's own
 * unit mean counts once.
 *
 * @returns nClusters × nDims, unit length (zero for a cluster whose vectors cancel)
 */
export function clusterVectors(
  vectors: readonly Matrix[],
  labels: readonly Int32Array[],
  nClusters: number,
  weighting: Weighting = 'voxels',
): Matrix {
  const nDims = vectors.find((m) => m.shape[0] > 0)?.shape[1] ?? 0;
  const total = new Float64Array(nClusters * nDims);
  vectors.forEach((own, p) => {
    const sum = new Float64Array(nClusters * nDims);
    labels[p]!.forEach((cluster, v) => {
      if (cluster < 0) return;
      const row = rowOf(own, v);
      const norm = Math.sqrt(row.reduce((s, x) => s + x * x, 0));
      if (norm === 0) return;
      for (let k = 0; k < nDims; k++) sum[cluster * nDims + k]! += row[k]! / norm;
    });
    if (weighting === 'participants') normalise(sum, nDims);
    for (let at = 0; at < sum.length; at++) total[at]! += sum[at]!;
  });
  normalise(total, nDims);
  return matrix(nClusters, nDims, Float32Array.from(total));
}

/** Scales each row that is not zero to unit length. */
function normalise(rows: Float64Array, nDims: number): void {
  for (let from = 0; from < rows.length; from += nDims) {
    const row = rows.subarray(from, from + nDims);
    const norm = Math.sqrt(row.reduce((s, x) => s + x * x, 0));
    if (norm > 0) for (let k = 0; k < nDims; k++) row[k]! /= norm;
  }
}

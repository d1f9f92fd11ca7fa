import { type Matrix, matrix, rowOf } from '../util/array.js';
import type { Weighting } from './types.js';

/**
 * Concept vectors: the normalised mean of the unit vectors of a cluster's labelled voxels. With `voxels` all
 * voxels are pooled, so participants with more of them weigh more; with `participants` each participant's own
 * mean counts once.
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
    const count = new Int32Array(nClusters);
    labels[p]!.forEach((cluster, v) => {
      if (cluster < 0) return;
      const row = rowOf(own, v);
      const norm = Math.sqrt(row.reduce((s, x) => s + x * x, 0));
      if (norm === 0) return;
      count[cluster]!++;
      for (let k = 0; k < nDims; k++) sum[cluster * nDims + k]! += row[k]! / norm;
    });
    for (let at = 0; at < sum.length; at++) {
      const weight = weighting === 'participants' ? 1 / Math.max(1, count[Math.floor(at / nDims)]!) : 1;
      total[at]! += sum[at]! * weight;
    }
  });
  const out = matrix(nClusters, nDims);
  for (let c = 0; c < nClusters; c++) {
    const mean = total.subarray(c * nDims, (c + 1) * nDims);
    const norm = Math.sqrt(mean.reduce((s, x) => s + x * x, 0));
    if (norm > 0)
      out.data.set(
        Float32Array.from(mean, (x) => x / norm),
        c * nDims,
      );
  }
  return out;
}

import { type Matrix, matrix } from '../util/array.js';
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
    const label = labels[p]!;
    for (let v = 0; v < label.length; v++)
      if (label[v]! >= 0) addUnit(own.data, v * nDims, nDims, sum, label[v]! * nDims);
    if (weighting === 'participants') normalise(sum, nDims);
    for (let at = 0; at < sum.length; at++) total[at]! += sum[at]!;
  });
  normalise(total, nDims);
  return matrix(nClusters, nDims, Float32Array.from(total));
}

/** Adds the unit vector of a row, nothing for a zero row. */
function addUnit(rows: Float32Array, from: number, nDims: number, sum: Float64Array, to: number): void {
  let square = 0;
  for (let k = 0; k < nDims; k++) square += rows[from + k]! * rows[from + k]!;
  if (square === 0) return;
  const norm = Math.sqrt(square);
  for (let k = 0; k < nDims; k++) sum[to + k]! += rows[from + k]! / norm;
}

/** Scales each row that is not zero to unit length. */
function normalise(rows: Float64Array, nDims: number): void {
  for (let from = 0; from < rows.length; from += nDims) {
    const row = rows.subarray(from, from + nDims);
    const norm = Math.sqrt(row.reduce((s, x) => s + x * x, 0));
    if (norm > 0) for (let k = 0; k < nDims; k++) row[k]! /= norm;
  }
}

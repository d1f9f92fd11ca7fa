import type { Matrix } from '../util/array.js';

/** The leading principal axes of a cloud of points. */
export interface PrincipalAxes {
  readonly mean: Float64Array;
  /** Unit directions, largest variance first. */
  readonly axes: readonly Float64Array[];
  /** Variance along each (÷ n − 1), and of all axes together. */
  readonly variance: Float64Array;
  readonly total: number;
}

/** Eigenvectors of the nDims × nDims covariance of the rows, by ml-matrix. Time O(n nDims² + nDims³). */
export async function principalAxes(x: Matrix, k: number): Promise<PrincipalAxes> {
  const { EigenvalueDecomposition, Matrix: Dense } = await import('ml-matrix');
  const nDims = x.shape[1];
  const { mean, covariance } = moments(x);
  const { realEigenvalues: values, eigenvectorMatrix } = new EigenvalueDecomposition(
    Dense.from1DArray(nDims, nDims, covariance),
    { assumeSymmetric: true },
  );
  const order = [...values.keys()].sort((a, b) => values[b]! - values[a]!).slice(0, k);
  return {
    mean,
    axes: order.map((column) => Float64Array.from(eigenvectorMatrix.getColumn(column))),
    variance: Float64Array.from(order, (column) => values[column]!),
    total: values.reduce((sum, value) => sum + value, 0),
  };
}

/** (x − mean) · direction for each row and direction, n × k. */
export function projectRows(
  x: Matrix,
  mean: Float64Array,
  directions: readonly Float64Array[],
): Float64Array {
  const [n, nDims] = x.shape;
  const k = directions.length;
  const out = new Float64Array(n * k);
  const centred = new Float64Array(nDims);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < nDims; d++) centred[d] = x.data[i * nDims + d]! - mean[d]!;
    for (let c = 0; c < k; c++) {
      const direction = directions[c]!;
      let sum = 0;
      for (let d = 0; d < nDims; d++) sum += centred[d]! * direction[d]!;
      out[i * k + c] = sum;
    }
  }
  return out;
}

function moments(x: Matrix) {
  const [n, nDims] = x.shape;
  const mean = new Float64Array(nDims);
  for (let i = 0; i < n; i++) for (let d = 0; d < nDims; d++) mean[d]! += x.data[i * nDims + d]! / n;
  const covariance = new Float64Array(nDims * nDims);
  const centred = new Float64Array(nDims);
  for (let i = 0; i < n; i++) {
    for (let d = 0; d < nDims; d++) centred[d] = x.data[i * nDims + d]! - mean[d]!;
    for (let a = 0; a < nDims; a++) {
      const value = centred[a]! / (n - 1);
      for (let b = 0; b <= a; b++) covariance[a * nDims + b]! += value * centred[b]!;
    }
  }
  for (let a = 0; a < nDims; a++)
    for (let b = 0; b < a; b++) covariance[b * nDims + a] = covariance[a * nDims + b]!;
  return { mean, covariance };
}

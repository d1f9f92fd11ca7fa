import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { unitRows } from './clusterSpherical.js';
import type { Labelled } from './matchClusters.js';

/** Principal components of the voxels' unit vectors as if they were concepts. */
export interface PrincipalConcepts extends Labelled {
  /** Share of the variance of each component. */
  readonly explained: Float64Array;
}

/**
 * Principal components of the unit vectors of all participants pooled (centred; eigenvectors of the nDims × nDims
 * covariance by ml-matrix). Each component is one direction, signed so that its largest projections are positive;
 * a voxel is labelled with the component of largest projection, −1 where none is positive.
 *
 * Components are orthogonal and explain variance, not density: what the clusters are compared with.
 *
 * @param k number of components, at most nDims
 */
export async function principalConcepts(vectors: readonly Matrix[], k: number): Promise<PrincipalConcepts> {
  const x = unitRows(vectors);
  const [n, nDims] = x.shape;
  if (!Number.isInteger(k) || k < 1 || k > nDims)
    throw new InputError('k', k, `an integer from 1 to ${nDims}`);
  const { EigenvalueDecomposition, Matrix: Dense } = await import('ml-matrix');
  const { mean, covariance } = moments(x);
  const dense = Dense.from1DArray(nDims, nDims, covariance);
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(dense, {
    assumeSymmetric: true,
  });
  const order = [...realEigenvalues.keys()]
    .sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!)
    .slice(0, k);
  const total = realEigenvalues.reduce((sum, value) => sum + value, 0);
  const components = matrix(k, nDims);
  const projections = matrix(n, k);
  for (const [c, column] of order.entries()) {
    const direction = Float64Array.from(eigenvectorMatrix.getColumn(column));
    let skew = 0;
    for (let i = 0; i < n; i++) {
      let sum = 0;
      for (let d = 0; d < nDims; d++) sum += (x.data[i * nDims + d]! - mean[d]!) * direction[d]!;
      projections.data[i * k + c] = sum;
      skew += sum ** 3;
    }
    const sign = skew < 0 ? -1 : 1;
    for (let i = 0; i < n; i++) projections.data[i * k + c]! *= sign;
    components.data.set(
      Float32Array.from(direction, (y) => sign * y),
      c * nDims,
    );
  }
  let i = 0;
  const labels = vectors.map((own) =>
    Int32Array.from({ length: own.shape[0] }, (_, v) => {
      if (rowOf(own, v).every((y) => y === 0)) return -1;
      const row = rowOf(projections, i++);
      const most = row.indexOf(Math.max(...row));
      return row[most]! > 0 ? most : -1;
    }),
  );
  return {
    labels,
    vectors: components,
    explained: Float64Array.from(order, (c) => realEigenvalues[c]! / total),
  };
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

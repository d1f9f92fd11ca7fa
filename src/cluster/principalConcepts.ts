import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { unitRows } from './clusterSpherical.js';
import { labelByComponent } from './labelByComponent.js';
import type { Labelled } from './matchClusters.js';
import { principalAxes, projectRows } from './principalAxes.js';

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
  const nDims = x.shape[1];
  if (!Number.isInteger(k) || k < 1 || k > nDims)
    throw new InputError('k', k, `an integer from 1 to ${nDims}`);
  const { mean, axes, variance, total } = await principalAxes(x, k);
  const found = labelByComponent(vectors, projectRows(x, mean, axes), axes);
  return { ...found, explained: variance.map((value) => value / total) };
}

import type { Matrix } from '../util/array.js';

/** A linear map from voxels to the embedding space: prediction = (x W + b) / ‖x W + b‖ for a row x of betas. */
export interface Decoder {
  /** nVoxels × nDims; row v is the weight vector of voxel v. */
  readonly weight: Matrix;
  /** nDims. */
  readonly bias: Float32Array;
}

/** Which vector stands for a voxel when voxels are clustered. */
export type VectorKind = 'weights' | 'patterns' | 'tuning';

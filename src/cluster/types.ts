import type { Matrix, NdArray } from '../util/array.js';

/** Result of the participant-aware clustering; lists over participants keep the order of the input. */
export interface Clusters {
  readonly eps: number;
  readonly minParticipants: number;
  readonly nClusters: number;
  /** Cluster of each voxel, −1 for noise; one array a participant. */
  readonly labels: readonly Int32Array[];
  /** 1 where the voxel is a core point. */
  readonly core: readonly Uint8Array[];
  /** nClusters × nVoxels, 1 inside the expanded mask; masks may overlap. */
  readonly expanded: readonly NdArray<Uint8Array>[];
  /** nVoxels × nParticipants: largest cosine to any voxel of each participant; own column NaN. */
  readonly nearest: readonly Matrix[];
  /** Concept vectors, nClusters × nDims, unit length. */
  readonly vectors: Matrix;
  /** Labelled voxels by cluster and participant, nClusters × nParticipants. */
  readonly counts: NdArray<Int32Array>;
}

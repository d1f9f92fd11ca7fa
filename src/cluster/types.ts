import type { Matrix, NdArray } from '../util/array.js';
import type { WorkOptions } from '../util/progress.js';

/** How the work over all pairs of voxels is done; changes time and memory, never a result. */
export interface PairOptions extends WorkOptions {
  /** Worker threads; default: the machine's cores. */
  threads?: number;
  /**
   * `cpu`: onnxruntime's byte products in worker threads; `wasm`: kernels of our own; `webgpu`: the nearest
   * voxels on a GPU, the rest as `auto`; `reference`: every pair in float64 in this thread; `auto`: the reference for
   * small work, else `cpu`, or `wasm` where that does not run.
   * Defaults to SDC_ENGINE, else `auto`.
   */
  engine?: string;
  /** Work that would need more memory is refused before it begins; default 0.8 of the machine's. */
  memoryBytes?: number;
}

/** Each voxel's nearest voxel in every participant; lists over participants keep the order of the input. */
export interface Nearest {
  /** nVoxels × nParticipants: largest cosine to any voxel of each participant; NaN where there is none. */
  readonly similarity: readonly NdArray<Float64Array>[];
  /** nVoxels × nParticipants: row of that voxel in the other participant's matrix (ties: the first), or −1. */
  readonly voxel: readonly NdArray<Int32Array>[];
}

/** What becomes of a non-core voxel that several clusters reach. */
export type Border = 'nearest' | 'last';

/** How voxels weigh in a concept vector. */
export type Weighting = 'voxels' | 'participants';

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

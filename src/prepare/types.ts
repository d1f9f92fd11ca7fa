import type { Matrix, RowSource } from '../util/array.js';

/** Which part of a study a trial belongs to. */
export type Split = 'train' | 'validation' | 'test';

/** The trial table of one participant, one entry a trial, in the row order of its betas (`trials.tsv`). */
export interface Trials {
  readonly nTrials: number;
  /** 0-based row of the stimulus in the embeddings. */
  readonly stimulus: Int32Array;
  readonly session: Int32Array;
  readonly run: Int32Array;
  /** 0-based count of earlier showings of the same stimulus to this participant. */
  readonly repetition: Int32Array;
  readonly split: readonly Split[];
  /** Further columns of the file, passed through as they are. */
  readonly extra: Readonly<Record<string, readonly (string | number)[]>>;
}

/** Responses of one participant: nTrials × nVoxels float32, in memory or read in row blocks. */
export type Betas = Matrix | RowSource;

/** Where each voxel lies (`voxels.tsv`), one entry a voxel, in the column order of the betas. */
export interface VoxelTable {
  readonly nVoxels: number;
  /** 0-based volume indices in the NIfTI's own order (first axis first); absent for data without a volume. */
  readonly ijk?: Int32Array;
  /** Position in millimetres, nVoxels × 3, in the volume's world space. */
  readonly xyzMm?: Float32Array;
  readonly hemisphere?: readonly ('left' | 'right' | '')[];
  /** Nearest vertex of the participant's own hemisphere surface; −1 for none. */
  readonly vertex?: Int32Array;
  /** ROI columns: name of the region system → region name of each voxel ("" for none). */
  readonly rois: Readonly<Record<string, readonly string[]>>;
  /** Numeric columns passed through: noise ceiling and such. */
  readonly values: Readonly<Record<string, Float32Array>>;
}

import type { Betas } from '../prepare/types.js';
import type { Matrix } from '../util/array.js';
import type { WorkOptions } from '../util/progress.js';

/** A linear map from voxels to the embedding space: prediction = (x W + b) / ‖x W + b‖ for a row x of betas. */
export interface Decoder {
  /** nVoxels × nDims; row v is the weight vector of voxel v. */
  readonly weight: Matrix;
  /** nDims. */
  readonly bias: Float32Array;
}

/** Which vector stands for a voxel when voxels are clustered. */
export type VectorKind = 'weights' | 'patterns' | 'tuning';

/** The trials a decoder is fitted on. */
export interface TrainingData {
  /** nTrials × nVoxels, z-scored; in memory, or read in rows where it is larger than memory. Finite. */
  betas: Betas;
  /** 0-based row of the embeddings that each trial (row of the betas) showed. */
  stimulus: ArrayLike<number>;
  /** nStimuli × nDims, of any length but zero; normalised inside. Finite. */
  embeddings: Matrix;
  /** Rows of the betas to use, as a set: their order changes nothing. All by default. */
  rows?: ArrayLike<number>;
}

/** Options of {@link fitDecoder}; the defaults are the paper's. */
export interface DecoderOptions extends WorkOptions {
  /** Updates of the weights. Defaults to 5001. */
  steps?: number;
  /** Trials a step; the rest of a shuffled pass that does not fill a batch is dropped. Defaults to 128. */
  batchSize?: number;
  /** Of Adam (β 0.9 and 0.999, ε 1e-8). Defaults to 1e-4. */
  learningRate?: number;
  /** τ, the cosines' divisor inside the loss. Defaults to 0.03. */
  temperature?: number;
  /** Standard deviation of the noise added to each beta at each step: the regulariser. Defaults to 1. */
  noiseSd?: number;
  /** Factor on the initial weights (uniform ±1/√nVoxels), not on the bias. Defaults to 1. */
  initScale?: number;
  /** Governs initialisation, order and noise. Defaults to 0. */
  seed?: number;
  /** Rows of the betas on which to measure while training; they never train. None by default. */
  validationRows?: ArrayLike<number>;
  /** Steps between two measurements on the validation rows. Defaults to 250 where there are any. */
  validateEvery?: number;
  /**
   * Stops when the validation loss (see {@link ValidationPoint}) has not fallen in this many measurements, and
   * returns the weights of its lowest. Off by default, as in the paper.
   */
  patience?: number;
  /** A file to resume from if it is there, and to write every `checkpointEvery` steps; removed at the end. */
  checkpoint?: string;
  /** Defaults to 500. */
  checkpointEvery?: number;
  /** Where the arithmetic runs: `auto`, or a name of `describeEngines`. Defaults to SDC_ENGINE, else `auto`. */
  engine?: string;
  /** Changes the time, never the result. Defaults to the cores there are. */
  threads?: number;
}

/** Measurements on the validation rows after some steps. */
export interface ValidationPoint {
  /** Steps done. */
  step: number;
  /** 1 − mean cosine between prediction and embedding. */
  cosineDistance: number;
  /** Share of the trials whose own image is nearest among the validation images. */
  top1: number;
}

/** A fitted decoder and how it came about. */
export interface DecoderFit extends Decoder {
  /** Symmetric InfoNCE of each step's batch, before its update. */
  readonly loss: Float32Array;
  /** Mean cosine of prediction and embedding over each step's batch (with the noise in). */
  readonly similarity: Float32Array;
  readonly validation: readonly ValidationPoint[];
  /** Steps behind the returned weights: `steps`, or fewer with `patience`. */
  readonly stepsDone: number;
  /** The engine that ran, and why it did. */
  readonly engine: string;
  readonly engineReason: string;
  /** What the reader should know: voxels without signal, say. */
  readonly warnings: readonly string[];
}

import type { RandomStream } from '../util/random.js';

/** Options of Adam and of the loss that every engine understands. */
export interface TrainingRule {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  temperature: number;
  /** Standard deviation of the noise added to every beta of a batch; 0 for none. */
  noiseSd: number;
}

/** Everything that decides the rest of a training: what a checkpoint holds. */
export interface TrainingState {
  /** Steps done. */
  step: number;
  /** nVoxels × nDims, and nDims. */
  weight: Float32Array;
  bias: Float32Array;
  /** Adam's moments of the weight and the bias, zero at the start. */
  weightFirst: Float32Array;
  weightSecond: Float32Array;
  biasFirst: Float32Array;
  biasSecond: Float32Array;
}

/** One training as an engine sees it: sizes, the rule, the start, and where the batches come from. */
export interface TrainingProblem {
  nVoxels: number;
  nDims: number;
  batchSize: number;
  rule: TrainingRule;
  start: TrainingState;
  /** Writes the betas of a step's batch (batchSize × nVoxels, without noise). */
  readBetas(step: number, out: Float32Array): void | Promise<void>;
  /** Writes the unit-length embeddings of a step's batch (batchSize × nDims). */
  readTargets(step: number, out: Float32Array): void;
  /** The same batches as rows of a table; engines do without it where it is not given or too large for them. */
  table?: BatchTable;
  /** Philox key of the noise, which each engine makes itself (see train.as.ts for the counters) … */
  noiseKey: RandomStream['key'];
  /** … unless the noise itself is given: adds it, times noiseSd, to the batch's betas. */
  addNoise?(step: number, betas: Float32Array): void;
}

/** The batches of a training as rows of one table, for engines that keep all of it on their device. */
export interface BatchTable {
  /** What the table is called: the same key, the same betas and targets. */
  key: string;
  nRows: number;
  /** Writes which rows make up a step's batch. */
  rows(step: number, out: Uint32Array): void;
  /** Writes the betas of as many rows from `first` on as `out` holds, without noise. */
  readBetas(first: number, out: Float32Array): void | Promise<void>;
  /** The unit-length embeddings, nRows × nDims. */
  targets: Float32Array;
}

/** What one step says of itself. */
export interface StepReport {
  step: number;
  /** Symmetric InfoNCE before the step's update. */
  loss: number;
  /** Mean cosine of prediction and target over the batch. */
  similarity: number;
}

/** A training in progress on one engine. */
export interface Training {
  /** Does the steps up to `end`, calling `onStep` after each; stops between steps when the signal fires. */
  advance(end: number, onStep: (report: StepReport) => void, signal?: AbortSignal): Promise<void>;
  /** A copy of the state after the last step. */
  state(): Promise<TrainingState>;
  /** Gives back threads and memory. */
  close(): Promise<void>;
}

/** A state of zeros. */
export function emptyState(nVoxels: number, nDims: number, step = 0): TrainingState {
  const weights = () => new Float32Array(nVoxels * nDims);
  const biases = () => new Float32Array(nDims);
  return {
    step,
    weight: weights(),
    bias: biases(),
    weightFirst: weights(),
    weightSecond: weights(),
    biasFirst: biases(),
    biasSecond: biases(),
  };
}

/** A state whose arrays went through `convert`. */
export function mapState(
  state: TrainingState,
  convert: (array: Float32Array) => Float32Array,
): TrainingState {
  const { step, ...arrays } = state;
  const converted = Object.entries(arrays).map(([name, array]) => [name, convert(array)]);
  return { step, ...(Object.fromEntries(converted) as Omit<TrainingState, 'step'>) };
}

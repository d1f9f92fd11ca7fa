import type * as Tf from '@tensorflow/tfjs';
import { EngineError, throwIfAborted } from '../util/errors.js';
import { TrainArena } from './kernels.js';
import { loadTfjs, type TfjsBackend } from './tfjsBackends.js';
import {
  emptyState,
  type StepReport,
  type Training,
  type TrainingProblem,
  type TrainingState,
} from './training.js';

/** Losses are fetched from the device this many steps at a time, so that it need not wait for us. */
const stepsInFlight = 8;

/**
 * The same training in TensorFlow.js operations: weights, moments and all arithmetic on the device of the back end;
 * each step uploads its batch of betas with the noise already in (the noise of all engines comes from one kernel) and
 * brings back two numbers.
 */
export async function openTfjsTraining(problem: TrainingProblem, backend: TfjsBackend): Promise<Training> {
  return new TfjsTraining(await loadTfjs(backend), problem, backend);
}

type Name = Exclude<keyof TrainingState, 'step'>;

class TfjsTraining implements Training {
  #tensors: Record<Name, Tf.Tensor>;
  readonly #batch: { betas: Float32Array; arena: TrainArena; row: Float32Array; targets: Float32Array };
  #step: number;

  constructor(
    readonly tf: typeof Tf,
    readonly problem: TrainingProblem,
    readonly backend: string,
  ) {
    const { start, nVoxels, nDims, batchSize } = problem;
    const weights = (array: Float32Array) => tf.tensor2d(array.slice(), [nVoxels, nDims]);
    const biases = (array: Float32Array) => tf.tensor2d(array.slice(), [1, nDims]);
    this.#tensors = {
      weight: weights(start.weight),
      weightFirst: weights(start.weightFirst),
      weightSecond: weights(start.weightSecond),
      bias: biases(start.bias),
      biasFirst: biases(start.biasFirst),
      biasSecond: biases(start.biasSecond),
    };
    this.#step = start.step;
    const padded = Math.ceil(nVoxels / 16) * 16;
    const arena = new TrainArena(padded, 1);
    const betas = new Float32Array(batchSize * nVoxels);
    this.#batch = { betas, arena, row: arena.take(padded), targets: new Float32Array(batchSize * nDims) };
  }

  async advance(end: number, onStep: (report: StepReport) => void, signal?: AbortSignal): Promise<void> {
    let waiting: { step: number; numbers: Tf.Tensor }[] = [];
    const settle = async () => {
      for (const { step, numbers } of waiting) {
        const [loss, similarity] = (await numbers.data()) as Float32Array;
        numbers.dispose();
        if (!Number.isFinite(loss))
          throw new EngineError(this.backend, `gave a loss of ${loss} at step ${step}`);
        onStep({ step, loss: loss!, similarity: similarity! });
      }
      waiting = [];
    };
    try {
      while (this.#step < end) {
        throwIfAborted(signal, 'training');
        await this.#readBatch(this.#step);
        waiting.push({ step: this.#step, numbers: this.#update() });
        this.#step++;
        if (waiting.length === stepsInFlight) await settle();
      }
    } finally {
      await settle();
    }
  }

  async #readBatch(step: number): Promise<void> {
    const { nVoxels, batchSize, rule, noiseKey, addNoise } = this.problem;
    const { betas, arena, row, targets } = this.#batch;
    await this.problem.readBetas(step, betas);
    this.problem.readTargets(step, targets);
    if (addNoise) addNoise(step, betas);
    else if (rule.noiseSd !== 0) {
      for (let i = 0; i < batchSize; i++) {
        const own = betas.subarray(i * nVoxels, (i + 1) * nVoxels);
        row.set(own);
        arena.kernels.addNoise(
          row.byteOffset,
          row.length,
          0,
          i,
          step,
          rule.noiseSd,
          noiseKey[0],
          noiseKey[1],
        );
        own.set(row.subarray(0, nVoxels));
      }
    }
  }

  /** One step; returns loss and similarity as a tensor still on the device. */
  #update(): Tf.Tensor {
    const { tf } = this;
    const { nVoxels, nDims, batchSize: n, rule } = this.problem;
    const { temperature } = rule;
    const made = tf.tidy(() => {
      const x = tf.tensor2d(this.#batch.betas.slice(), [n, nVoxels]);
      const y = tf.tensor2d(this.#batch.targets.slice(), [n, nDims]);
      const p = tf.add(tf.matMul(x, this.#tensors.weight as Tf.Tensor2D), this.#tensors.bias);
      const norm = tf.maximum(tf.sqrt(tf.sum(tf.square(p), 1, true)), 1e-12);
      const unit = tf.div(p, norm);
      const cosines = tf.matMul(y, unit as Tf.Tensor2D, false, true);
      const scores = tf.div(cosines, temperature);
      const eye = tf.eye(n);
      const [rows, rowLoss] = this.#softmax(scores, 1);
      const [columns, columnLoss] = this.#softmax(scores, 0);
      const diagonal = tf.sum(tf.mul(scores, eye));
      const loss = tf.div(tf.sub(tf.add(rowLoss, columnLoss), tf.mul(diagonal, 2)), 2 * n);
      const similarity = tf.div(tf.mul(diagonal, temperature), n);
      const pull = tf.mul(tf.sub(tf.add(rows, columns), tf.mul(eye, 2)), 1 / (2 * n * temperature));
      const error = tf.matMul(pull as Tf.Tensor2D, y, true);
      const along = tf.sum(tf.mul(error, unit), 1, true);
      const gradient = tf.div(tf.sub(error, tf.mul(along, unit)), norm) as Tf.Tensor2D;
      const weight = this.#adam('weight', tf.matMul(x, gradient, true));
      const bias = this.#adam('bias', tf.sum(gradient, 0, true));
      return { ...weight, ...bias, numbers: tf.stack([loss, similarity]) } as Record<
        Name | 'numbers',
        Tf.Tensor
      >;
    });
    const { numbers, ...tensors } = made;
    tf.dispose(this.#tensors);
    this.#tensors = tensors;
    return numbers;
  }

  /** Softmax along an axis and the sum of the logarithms of its denominators. */
  #softmax(scores: Tf.Tensor, axis: number): [Tf.Tensor, Tf.Tensor] {
    const { tf } = this;
    const top = tf.max(scores, axis, true);
    const exponentials = tf.exp(tf.sub(scores, top));
    const sums = tf.sum(exponentials, axis, true);
    return [tf.div(exponentials, sums), tf.sum(tf.add(tf.log(sums), top))];
  }

  #adam(name: 'weight' | 'bias', gradient: Tf.Tensor): Partial<Record<Name, Tf.Tensor>> {
    const { tf } = this;
    const { beta1, beta2, epsilon, learningRate } = this.problem.rule;
    const [first, second] = [`${name}First`, `${name}Second`] as [Name, Name];
    const m = tf.add(tf.mul(this.#tensors[first], beta1), tf.mul(gradient, 1 - beta1));
    const v = tf.add(tf.mul(this.#tensors[second], beta2), tf.mul(tf.square(gradient), 1 - beta2));
    const t = this.#step + 1;
    const root = tf.add(tf.mul(tf.sqrt(v), 1 / Math.sqrt(1 - beta2 ** t)), epsilon);
    const change = tf.div(tf.mul(m, learningRate / (1 - beta1 ** t)), root);
    return { [name]: tf.sub(this.#tensors[name], change), [first]: m, [second]: v };
  }

  async state(): Promise<TrainingState> {
    const state = emptyState(this.problem.nVoxels, this.problem.nDims, this.#step);
    for (const [name, tensor] of Object.entries(this.#tensors)) {
      state[name as Name].set((await tensor.data()) as Float32Array);
    }
    return state;
  }

  async close(): Promise<void> {
    this.tf.dispose(this.#tensors);
  }
}

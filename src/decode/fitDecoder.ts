import { chooseEngine } from '../engine/chooseEngine.js';
import { openTraining } from '../engine/engines.js';
import type { StepReport, TrainingProblem, TrainingState } from '../engine/training.js';
import { matrix, rowOf } from '../util/array.js';
import { isSharedConceptsError } from '../util/errors.js';
import { randomStream } from '../util/random.js';
import { BatchOrder, gatherRows, sortedRows, unitTargets } from './batches.js';
import { checkReferences, type Inspected, inspectBetas } from './checkData.js';
import { newJournal, openCheckpoint } from './checkpoint.js';
import { initialState } from './initialState.js';
import { checkedOptions, type FilledOptions } from './options.js';
import { progressOfSteps } from './progressOfSteps.js';
import { trainingKey } from './trainingKey.js';
import type { DecoderFit, DecoderOptions, TrainingData } from './types.js';
import { hasSettled, openValidation, sinceLowest } from './validation.js';

/**
 * Fits the contrastive decoder of one participant: a linear map with bias from voxels to the embedding space,
 *
 * ŷ = (x W + b) / ‖x W + b‖, L = ½ [CE(S, diagonal) + CE(Sᵀ, diagonal)], S_ij = cos(y_i, ŷ_j) / τ,
 *
 * over batches of B trials, by Adam, with fresh Gaussian noise added to the betas at every step.
 *
 * Voxels that are 0 in every training row cannot be learnt: their weights are returned as 0, with a warning.
 *
 * **Cost** a step: 4 · batchSize · nVoxels · nDims operations and some 28 · nVoxels · nDims bytes moved; memory
 * 16 bytes a weight and three batches of betas beside the betas themselves. Small problems run at once on the
 * calling thread, larger ones on worker threads, on any engine of `describeEngines`.
 *
 * **Determinism**: the same data, options and seed give the same bytes on any number of threads of one engine;
 * engines agree to rounding. The random streams are named after the training betas, so that two participants
 * trained with one seed do not start from the same weights, which would make their voxels look alike.
 *
 * **Stopping**: an AbortSignal ends it between two steps with an AbortedError; with `checkpoint` the next call goes
 * on from the last checkpoint, to the same bytes as if it had never stopped.
 *
 * @throws InputError for a beta or embedding that is not finite, a trial whose stimulus is not a row of the
 *   embeddings, fewer training rows than `batchSize`, an option out of range; MissingError for an engine that is
 *   not installed; AbortedError
 * @see Efird, Murphy, Zylberberg, Fyshe, "Finding Shared Decodable Concepts and their Negations in the Brain",
 *   ICLR 2025 (arXiv 2405.17663)
 * @example
 * const fit = await fitDecoder({ betas, stimulus: trials.stimulus, embeddings, rows: trainRows }, { seed: 1 });
 * fit.weight.shape; // [nVoxels, nDims]
 */
export async function fitDecoder(data: TrainingData, options: DecoderOptions = {}): Promise<DecoderFit> {
  const rows = sortedRows(data.rows, data.betas.shape[0], 'rows');
  checkReferences(data, rows);
  const filled = checkedOptions(options, rows.length);
  return fitChecked(data, rows, await inspectBetas(data, rows, options.signal), filled);
}

/** {@link fitDecoder} after its checks, for callers that fit the same data more than once. */
export async function fitChecked(
  data: TrainingData,
  rows: Int32Array,
  { silent, digest }: Inspected,
  options: FilledOptions,
): Promise<DecoderFit> {
  const problem = trainingProblem(data, rows, digest, options);
  const { nVoxels, nDims } = problem;
  const choice = await chooseEngine(options.engine, problem);
  const checkpoint = await openCheckpoint(options, trainingKey(data, rows, digest, options));
  const journal = checkpoint?.journal ?? newJournal(options.steps);
  problem.start = checkpoint?.journal?.state ?? problem.start;
  const validation = await openValidation(data, options);
  const progress = progressOfSteps(options, problem.start.step);

  const training = await openTraining(choice.name, problem, options.threads);
  try {
    await advanceTo(options.steps);
  } finally {
    await training.close();
  }
  await checkpoint?.remove();
  const { weight, bias, step } = (options.patience && journal.best) || journal.state!;
  for (const v of silent) weight.fill(0, v * nDims, (v + 1) * nDims);
  const done = journal.state!.step;
  return {
    weight: matrix(nVoxels, nDims, weight),
    bias,
    loss: journal.loss.slice(0, done),
    similarity: journal.similarity.slice(0, done),
    validation: journal.validation,
    stepsDone: step,
    engine: choice.name,
    engineReason: choice.reason,
    warnings: silent.length ? [silentWarning(silent, nVoxels)] : [],
  };

  async function advanceTo(end: number): Promise<void> {
    journal.state ??= problem.start;
    while (journal.state.step < end && !hasSettled(journal.validation, options.patience)) {
      const stop = nextStop(journal.state.step, end, [
        validation && options.validateEvery,
        checkpoint?.every,
      ]);
      try {
        await training.advance(stop, onStep, options.signal);
      } catch (error) {
        if (checkpoint && isSharedConceptsError(error) && error.tag === 'aborted') {
          await checkpoint.save({ ...journal, state: await training.state() });
        }
        throw error;
      }
      journal.state = await training.state();
      if (validation && (stop % options.validateEvery === 0 || stop === end)) await measure(journal.state);
      if (checkpoint && stop < end && stop % checkpoint.every === 0) await checkpoint.save(journal);
    }
  }

  function onStep(report: StepReport): void {
    journal.loss[report.step] = report.loss;
    journal.similarity[report.step] = report.similarity;
    progress(report);
  }

  async function measure(state: TrainingState): Promise<void> {
    const decoder = { weight: matrix(nVoxels, nDims, state.weight), bias: state.bias };
    journal.validation.push(await validation!.measure(state.step, decoder));
    if (options.patience && sinceLowest(journal.validation) === 0) {
      journal.best = { step: state.step, weight: state.weight, bias: state.bias };
    }
  }
}

/** The next step at which something other than training happens. */
function nextStop(step: number, end: number, periods: (number | undefined)[]): number {
  const stops = periods.filter((period) => period !== undefined).map((p) => (Math.floor(step / p) + 1) * p);
  return Math.min(end, ...stops);
}

/** A training as an engine sees it: the data behind readers, the seed as streams, the options as a rule. */
export function trainingProblem(
  data: TrainingData,
  rows: Int32Array,
  digest: string,
  options: FilledOptions,
): TrainingProblem {
  const { batchSize, learningRate, temperature, noiseSd, initScale, seed } = options;
  const nVoxels = data.betas.shape[1];
  const nDims = data.embeddings.shape[1];
  const stream = randomStream(seed, 'decoder', digest);
  const order = new BatchOrder(stream.child('order'), rows, batchSize);
  const targets = unitTargets(data, rows);
  const placeOf = new Map(Array.from(rows, (row, place) => [row, place]));
  return {
    nVoxels,
    nDims,
    batchSize,
    rule: { learningRate, temperature, noiseSd, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
    start: initialState(nVoxels, nDims, initScale, stream.child('init')),
    noiseKey: stream.child('noise').key,
    readBetas: (step, out) => gatherRows(data.betas, order.at(step), out),
    readTargets: (step, out) => {
      for (const [i, row] of order.at(step).entries()) out.set(rowOf(targets, placeOf.get(row)!), i * nDims);
    },
    table: {
      key: digest,
      nRows: rows.length,
      rows: (step, out) => out.set(order.at(step).map((row) => placeOf.get(row)!)),
      readBetas: (first, out) =>
        gatherRows(data.betas, rows.subarray(first, first + out.length / nVoxels), out),
      targets: targets.data,
    },
  };
}

function silentWarning(silent: Int32Array, nVoxels: number): string {
  const shown = [...silent.subarray(0, 5)].join(', ') + (silent.length > 5 ? ', …' : '');
  return `${silent.length} of ${nVoxels} voxels are 0 in every training trial; their weights are 0 (voxels ${shown})`;
}

import { gatherRows, rowBlocks, sortedRows } from '../decode/batches.js';
import { checkReferences } from '../decode/checkData.js';
import type { TrainingData } from '../decode/types.js';
import { type VoxelVectorOptions, voxelVectors } from '../decode/voxelVectors.js';
import { productKind } from '../engine/chooseEngine.js';
import { type Multiply, openMultiply } from '../engine/multiply.js';
import { type Matrix, matrix, takeRows } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn } from '../util/progress.js';
import { permuteStimuli } from './permuteStimuli.js';

/** Sums of responses are kept between draws up to this many bytes; beyond, each draw reads the betas again. */
const keepBytes = 2e9;

/**
 * Tuning vectors (Cov(x, y)) under the null: each participant's stimuli permuted by itself ({@link permuteStimuli}).
 *
 * With X_s the sum of the centred responses to stimulus s, the covariance under π is Σ_s X_s y_π(s) / (n − 1): the
 * betas are read once, and a draw costs 2 · nStimuli · nVoxels · nDims operations a participant. Studies whose sums
 * would take more than 2 GB read the betas at each draw instead. Equal to `voxelVectors('tuning')` of the permuted
 * trials up to rounding; the same seed gives the same bytes. For `weights` and `patterns` fit decoders to
 * permuteStimuli's labels and give their vectors.
 *
 * @returns a function from the number of a draw to one nVoxels × nDims matrix a participant
 */
export function nullTuning(
  participants: readonly TrainingData[],
  { seed = 0, ...options }: VoxelVectorOptions & { seed?: number } = {},
) {
  let opened: Promise<[Multiply, ResponseSums[]]> | undefined;
  const open = async (): Promise<[Multiply, ResponseSums[]]> => [
    await openMultiply(await productKind(options.engine)),
    await Promise.all(participants.map((data) => responseSums(data, options))),
  ];
  const bytes = participants.reduce(
    (total, { betas, embeddings }) => total + 4 * embeddings.shape[0] * betas.shape[1],
    0,
  );
  if (bytes > keepBytes) {
    return (draw: number): Promise<Matrix[]> =>
      Promise.all(
        participants.map((data, p) => {
          const stimulus = permuteStimuli(data.stimulus, seed, p, draw, data.rows);
          return voxelVectors('tuning', { ...data, stimulus }, undefined, options);
        }),
      );
  }
  return async (draw: number): Promise<Matrix[]> => {
    opened ??= open();
    const [multiply, sums] = await opened;
    const vectors: Matrix[] = [];
    for (const [p, own] of sums.entries()) {
      throwIfAborted(options.signal, 'null tuning');
      const shown = permuteStimuli(own.stimuli, seed, p, draw);
      vectors.push(await drawTuning(own, takeRows(participants[p]!.embeddings, shown), multiply));
    }
    return vectors;
  };
}

interface ResponseSums {
  /** Stimuli shown in the rows, ascending. */
  readonly stimuli: Int32Array;
  /** nStimuli × nVoxels: sum over the trials of each of the response less the voxel's mean. */
  readonly sums: Matrix;
  readonly nTrials: number;
}

async function drawTuning(
  { sums, nTrials }: ResponseSums,
  shown: Matrix,
  multiply: Multiply,
): Promise<Matrix> {
  const vectors = await multiply(sums, shown, true);
  for (let at = 0; at < vectors.data.length; at++) vectors.data[at]! /= nTrials - 1;
  return vectors;
}

async function responseSums(data: TrainingData, { signal }: VoxelVectorOptions): Promise<ResponseSums> {
  const { betas, stimulus } = data;
  const nVoxels = betas.shape[1];
  const rows = sortedRows(data.rows, betas.shape[0], 'rows');
  if (rows.length < 2) throw new InputError('the number of rows', rows.length, 'at least 2');
  checkReferences(data, rows);
  const stimuli = Int32Array.from(new Set(Array.from(rows, (row) => stimulus[row]!))).sort();
  const place = new Map(Array.from(stimuli, (s, k) => [s, k]));
  const totals = new Float64Array(stimuli.length * nVoxels);
  const shown = new Int32Array(stimuli.length);
  const mean = new Float64Array(nVoxels);
  for (const block of rowBlocks(rows, 256)) {
    throwIfAborted(signal, 'null tuning');
    const x = matrix(block.rows.length, nVoxels);
    await gatherRows(betas, block.rows, x.data);
    for (const [i, row] of block.rows.entries()) {
      const s = place.get(stimulus[row]!)!;
      shown[s]!++;
      for (let v = 0; v < nVoxels; v++) {
        const value = x.data[i * nVoxels + v]!;
        if (value - value !== 0) throw new InputError(`betas[${row}, ${v}]`, value, 'finite');
        totals[s * nVoxels + v]! += value;
        mean[v]! += value / rows.length;
      }
    }
    await nextTurn();
  }
  const sums = matrix(stimuli.length, nVoxels);
  for (let s = 0; s < stimuli.length; s++) {
    for (let v = 0; v < nVoxels; v++)
      sums.data[s * nVoxels + v] = totals[s * nVoxels + v]! - shown[s]! * mean[v]!;
  }
  return { stimuli, sums, nTrials: rows.length };
}

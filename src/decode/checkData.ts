import { createHash } from 'node:crypto';
import { isMatrix } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn } from '../util/progress.js';
import { gatherRows, rowBlocks } from './batches.js';
import type { TrainingData } from './types.js';

/** Checks sizes and references of the data of a fit, and the embeddings of the trials in use. */
export function checkReferences(data: TrainingData, rows: Int32Array): void {
  const { betas, stimulus, embeddings } = data;
  const [nTrials, nVoxels] = betas.shape;
  const [nStimuli, nDims] = embeddings.shape;
  if (nTrials === 0 || nVoxels === 0) throw new InputError('betas shape', betas.shape, 'not empty');
  if (nStimuli === 0 || nDims === 0) throw new InputError('embeddings shape', embeddings.shape, 'not empty');
  if (stimulus.length !== nTrials) {
    throw new InputError(
      'the number of trials',
      stimulus.length,
      `${nTrials}, one for each row of the betas`,
      'give the trial table that belongs to these betas',
    );
  }
  const checked = new Uint8Array(nStimuli);
  for (const row of rows) {
    const image = stimulus[row]!;
    if (!Number.isInteger(image) || image < 0 || image >= nStimuli) {
      throw new InputError(
        `stimulus[${row}]`,
        image,
        `a row of the embeddings, an integer in [0, ${nStimuli})`,
      );
    }
    if (checked[image]) continue;
    checked[image] = 1;
    let square = 0;
    for (let d = 0; d < nDims; d++) {
      const value = embeddings.data[image * nDims + d]!;
      if (!Number.isFinite(value)) {
        throw new InputError(`embeddings[${image}, ${d}]`, value, 'finite', 'embed this stimulus again');
      }
      square += value * value;
    }
    if (square === 0) {
      throw new InputError(`embeddings[${image}]`, 0, 'not all zero', 'embed this stimulus again');
    }
  }
}

/** What one pass over the betas in use tells. */
export interface Inspected {
  /** Voxels that are 0 in all of these rows; there is nothing to learn from them. */
  silent: Int32Array;
  /** SHA-256 of the rows: what the data are called in random streams and in checkpoints. */
  digest: string;
}

/**
 * One pass over the rows in use: every beta finite, some beta not zero.
 *
 * @throws InputError naming row and column of the first beta that is not finite, or if every voxel is silent
 */
export async function inspectBetas(
  data: TrainingData,
  rows: Int32Array,
  signal?: AbortSignal,
): Promise<Inspected> {
  const nVoxels = data.betas.shape[1];
  const blockRows = Math.max(1, Math.floor(2 ** 22 / nVoxels));
  const buffer = isMatrix(data.betas) ? undefined : new Float32Array(blockRows * nVoxels);
  const seen = new Uint8Array(nVoxels);
  const hash = createHash('sha256');
  for (const block of rowBlocks(rows, blockRows)) {
    throwIfAborted(signal, 'checking the betas');
    if (buffer) await gatherRows(data.betas, block.rows, buffer);
    for (let i = 0; i < block.rows.length; i++) {
      const row = block.rows[i]!;
      const values = isMatrix(data.betas) ? data.betas.data : buffer!;
      const at = (buffer ? i : row) * nVoxels;
      hash.update(new Uint8Array(values.buffer, values.byteOffset + at * 4, nVoxels * 4));
      for (let v = 0; v < nVoxels; v++) {
        const value = values[at + v]!;
        if (value - value !== 0) {
          const fix = 'replace or drop NaN and infinite values first';
          throw new InputError(`betas[${row}, ${v}]`, value, 'finite', fix);
        }
        if (value !== 0) seen[v] = 1;
      }
    }
    await nextTurn();
  }
  const silent = Int32Array.from(seen.keys()).filter((v) => !seen[v]);
  if (silent.length === nVoxels) {
    throw new InputError('betas', 0, 'not all zero', 'check that the file was read and written whole');
  }
  return { silent, digest: hash.digest('hex') };
}

import { productKind } from '../engine/chooseEngine.js';
import { openMultiply } from '../engine/multiply.js';
import type { Betas } from '../prepare/types.js';
import { type Matrix, matrix } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { gatherRows, rowBlocks } from './batches.js';
import type { Decoder } from './types.js';

export interface PredictOptions extends WorkOptions {
  /** As {@link DecoderOptions.engine}. */
  engine?: string;
}

/**
 * Embeddings that a decoder predicts from betas: x W + b for each of `rows` (all if not given), nRows × nDims, not
 * normalised and without noise. Rows keep the order in which they are given. Memory: one block of rows beside the
 * result.
 *
 * @throws InputError if the decoder has another number of voxels
 * @example
 * const predictions = await predictEmbeddings(fit, betas, testRows);
 */
export async function predictEmbeddings(
  decoder: Decoder,
  betas: Betas,
  rows?: ArrayLike<number>,
  options: PredictOptions = {},
): Promise<Matrix> {
  const [nTrials, nVoxels] = betas.shape;
  const [own, nDims] = decoder.weight.shape;
  if (own !== nVoxels) throw new InputError('betas columns', nVoxels, `${own}, the voxels of the decoder`);
  const wanted = rows ? Int32Array.from(rows) : Int32Array.from({ length: nTrials }, (_, row) => row);
  for (const [i, row] of wanted.entries()) {
    if (row < 0 || row >= nTrials) throw new InputError(`rows[${i}]`, row, `in [0, ${nTrials})`);
  }
  const multiply = await openMultiply(await productKind(options.engine));
  const out = matrix(wanted.length, nDims);
  const blockRows = Math.max(8, Math.min(512, Math.floor(2 ** 22 / nVoxels)));
  for (const block of rowBlocks(wanted, blockRows)) {
    throwIfAborted(options.signal, 'predicting');
    const x = matrix(block.rows.length, nVoxels);
    await gatherRows(betas, block.rows, x.data);
    const product = await multiply(x, decoder.weight);
    for (let i = 0; i < product.data.length; i++) {
      out.data[block.first * nDims + i] = product.data[i]! + decoder.bias[i % nDims]!;
    }
    await nextTurn();
  }
  return out;
}

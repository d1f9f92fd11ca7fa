import { productKind } from '../engine/chooseEngine.js';
import { openMultiply } from '../engine/multiply.js';
import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { gatherRows, rowBlocks, sortedRows } from './batches.js';
import { checkReferences } from './checkData.js';
import type { Decoder, TrainingData, VectorKind } from './types.js';
import { unmixPredictions } from './unmixPredictions.js';

export interface VoxelVectorOptions extends WorkOptions {
  /** For `patterns`: multiplies by Σ_ŷ⁻¹, Haufe's full formula. Found to be of no use here; off by default. */
  fullPatterns?: boolean;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
}

/**
 * The vector that stands for each voxel of a participant, nVoxels × nDims:
 *
 * - `weights`: the decoder's row of the voxel, as it is. What the paper clusters.
 * - `patterns`: Cov(x, x W + b) over the rows, predictions before normalisation, betas without noise: how the voxel
 *   varies with what is decoded (Haufe et al., "On the interpretation of weight vectors of linear models in
 *   multivariate neuroimaging", NeuroImage 2014), without their Σ_ŷ⁻¹ unless `fullPatterns`.
 * - `tuning`: Cov(x, y) with the embeddings themselves; no decoder.
 *
 * Covariances divide by n − 1. Give only training rows: these vectors are a fit like any other.
 *
 * **Cost**: one pass over the rows in blocks, 2 (tuning) or 4 (patterns) · nRows · nVoxels · nDims operations; memory
 * 12 bytes an element of the result.
 *
 * @param decoder needed for `weights` and `patterns`
 * @throws InputError for sizes or references that do not fit, a beta that is not finite, fewer than two rows
 * @example
 * const vectors = await voxelVectors('patterns', { betas, stimulus, embeddings, rows: trainRows }, fit);
 */
export async function voxelVectors(
  kind: VectorKind,
  data: TrainingData,
  decoder?: Decoder,
  options: VoxelVectorOptions = {},
): Promise<Matrix> {
  const { betas, embeddings } = data;
  const [nTrials, nVoxels] = betas.shape;
  if (kind !== 'weights' && kind !== 'patterns' && kind !== 'tuning') {
    throw new InputError('kind', kind, 'weights, patterns or tuning');
  }
  if (kind !== 'tuning') checkDecoder(kind, decoder, nVoxels, embeddings.shape[1]);
  if (kind === 'weights') return matrix(nVoxels, embeddings.shape[1], decoder!.weight.data.slice());
  const rows = sortedRows(data.rows, nTrials, 'rows');
  if (rows.length < 2) throw new InputError('the number of rows', rows.length, 'at least 2');
  checkReferences(data, rows);

  const multiply = await openMultiply(await productKind(options.engine));
  const nDims = embeddings.shape[1];
  const sums = new Covariance(nVoxels, nDims);
  const blockRows = Math.max(8, Math.min(256, Math.floor(2 ** 22 / nVoxels)));
  const shift = new Float32Array(nVoxels);
  for (const block of rowBlocks(rows, blockRows)) {
    throwIfAborted(options.signal, 'voxel vectors');
    const x = matrix(block.rows.length, nVoxels);
    await gatherRows(betas, block.rows, x.data);
    if (block.first === 0) meanRow(x, shift);
    subtractRow(x, shift);
    const y = kind === 'patterns' ? await multiply(x, decoder!.weight) : embeddingRows(data, block.rows);
    sums.add(x, y, await multiply(x, y, true), block.rows);
    options.onProgress?.({ label: kind, done: block.first + block.rows.length, total: rows.length });
    await nextTurn();
  }
  const vectors = sums.covariance();
  return kind === 'patterns' && options.fullPatterns ? unmixPredictions(vectors, decoder!) : vectors;
}

function checkDecoder(kind: VectorKind, decoder: Decoder | undefined, nVoxels: number, nDims: number): void {
  if (!decoder) throw new InputError('decoder', decoder, `given for kind "${kind}"`);
  const [voxels, dims] = decoder.weight.shape;
  if (voxels !== nVoxels || dims !== nDims) {
    throw new InputError(
      'decoder weight shape',
      [voxels, dims],
      `[${nVoxels}, ${nDims}] (voxels, dimensions)`,
    );
  }
}

function embeddingRows({ stimulus, embeddings }: TrainingData, rows: Int32Array): Matrix {
  const out = matrix(rows.length, embeddings.shape[1]);
  for (const [i, row] of rows.entries())
    out.data.set(rowOf(embeddings, stimulus[row]!), i * embeddings.shape[1]);
  return out;
}

function meanRow(x: Matrix, out: Float32Array): void {
  const [nRows, nColumns] = x.shape;
  for (let i = 0; i < nRows; i++) {
    for (let j = 0; j < nColumns; j++) out[j]! += x.data[i * nColumns + j]! / nRows;
  }
}

function subtractRow(x: Matrix, row: Float32Array): void {
  const nColumns = row.length;
  for (let i = 0; i < x.data.length; i++) x.data[i]! -= row[i % nColumns]!;
}

/** Σ x yᵀ, Σ x and Σ y in float64, fed in blocks whose products are float32. */
class Covariance {
  readonly #products: Float64Array;
  readonly #sumX: Float64Array;
  readonly #sumY: Float64Array;
  #count = 0;

  constructor(
    readonly nVoxels: number,
    readonly nDims: number,
  ) {
    this.#products = new Float64Array(nVoxels * nDims);
    this.#sumX = new Float64Array(nVoxels);
    this.#sumY = new Float64Array(nDims);
  }

  add(x: Matrix, y: Matrix, product: Matrix, rows: Int32Array): void {
    this.#count += rows.length;
    for (let i = 0; i < product.data.length; i++) this.#products[i]! += product.data[i]!;
    for (let i = 0; i < rows.length; i++) {
      for (const [v, value] of rowOf(x, i).entries()) {
        if (value - value !== 0) throw new InputError(`betas[${rows[i]}, ${v}]`, value, 'finite');
        this.#sumX[v]! += value;
      }
      for (const [d, value] of rowOf(y, i).entries()) this.#sumY[d]! += value;
    }
  }

  covariance(): Matrix {
    const out = matrix(this.nVoxels, this.nDims);
    const n = this.#count;
    for (let v = 0; v < this.nVoxels; v++) {
      for (let d = 0; d < this.nDims; d++) {
        const at = v * this.nDims + d;
        out.data[at] = (this.#products[at]! - (this.#sumX[v]! * this.#sumY[d]!) / n) / (n - 1);
      }
    }
    return out;
  }
}

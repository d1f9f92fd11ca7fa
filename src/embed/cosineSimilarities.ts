import {
  InputError,
  isMatrix,
  type Matrix,
  matrix,
  nextTurn,
  type RowSource,
  rowOf,
  rowSource,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { openDotBlocks } from './similarityKernel.js';

export interface SimilarityOptions extends WorkOptions {
  /** Rows of the embeddings to compare with, ascending; default all. */
  rows?: Int32Array;
}

/**
 * Cosines of a few vectors with many embeddings: out[v, i] = v · e / (‖v‖ ‖e‖), e the row `rows[i]`.
 *
 * Embeddings may be larger than memory (a {@link RowSource} is read once, in blocks of 128 rows). Sums are
 * float32 in four lanes, in an order that is the same on every machine: errors are about 1e-7. Time is that of
 * nVectors · nRows · nDims multiplications, some 0.4 s for 50 × 73,000 × 512 on one core; memory beyond the
 * result is one block.
 *
 * @param vectors nVectors × nDims, of any length but zero
 * @param embeddings nRows × nDims
 * @returns nVectors × rows.length
 * @throws InputError if the dimensions differ, or a vector or a compared embedding is all zero or not finite
 */
export async function cosineSimilarities(
  vectors: Matrix,
  embeddings: Matrix | RowSource,
  options: SimilarityOptions = {},
): Promise<Matrix> {
  const [nVectors, nDims] = vectors.shape;
  checkSameDims(vectors, embeddings);
  const units = unitRows(vectors, 'vectors');
  const source = isMatrix(embeddings) ? rowSource(embeddings) : embeddings;
  const rows = options.rows ?? Int32Array.from({ length: source.shape[0] }, (_, i) => i);
  const blocks = openDotBlocks(units.data, nVectors, nDims);
  const out = matrix(nVectors, rows.length);
  for (let start = 0; start < rows.length; start += blocks.nBlockRows) {
    if (start % (64 * blocks.nBlockRows) === 0) {
      throwIfAborted(options.signal, 'comparing embeddings');
      options.onProgress?.({ label: 'comparing embeddings', done: start, total: rows.length });
      await nextTurn();
    }
    const nBlock = Math.min(blocks.nBlockRows, rows.length - start);
    await fillBlock(source, rows.subarray(start, start + nBlock), blocks.rows, blocks.stride);
    const norms = blocks.squaredNorms();
    for (let i = 0; i < nBlock; i++) checkLength(norms[i]!, rows[start + i]!);
    const dots = blocks.dots();
    for (let v = 0; v < nVectors; v++) {
      const line = v * rows.length + start;
      const from = v * blocks.nBlockRows;
      for (let i = 0; i < nBlock; i++) out.data[line + i] = dots[from + i]! / Math.sqrt(norms[i]!);
    }
  }
  options.onProgress?.({ label: 'comparing embeddings', done: rows.length, total: rows.length });
  return out;
}

/** Copies the given rows (ascending) into a block of lines of `stride` floats, run by run. */
async function fillBlock(source: RowSource, rows: Int32Array, out: Float32Array, stride: number) {
  const nDims = source.shape[1];
  for (let i = 0; i < rows.length; ) {
    let end = i + 1;
    while (end < rows.length && rows[end]! === rows[end - 1]! + 1) end++;
    const values = await source.readRows(rows[i]!, rows[end - 1]! + 1);
    if (stride === nDims) out.set(values, i * stride);
    else
      for (let r = i; r < end; r++)
        out.set(values.subarray((r - i) * nDims, (r - i + 1) * nDims), r * stride);
    i = end;
  }
}

function checkLength(squared: number, row: number): void {
  if (squared > 1e-30 && squared < 1e30) return;
  throw new InputError(
    `length of embeddings row ${row}`,
    Math.sqrt(squared),
    'positive and finite',
    'mend the row or leave it out of the pool',
  );
}

/** Throws unless vectors and embeddings have the same number of columns. */
export function checkSameDims(
  vectors: Matrix,
  embeddings: { readonly shape: readonly [number, number] },
): void {
  if (vectors.shape[1] === embeddings.shape[1]) return;
  throw new InputError(
    'nDims of the vectors',
    vectors.shape[1],
    `${embeddings.shape[1]}, that of the embeddings`,
    'use vectors fitted to these embeddings',
  );
}

/** Rows scaled to unit length (float64 sums); throws InputError for a row without direction. */
export function unitRows(m: Matrix, what: string): Matrix {
  const [nRows, nDims] = m.shape;
  const out = matrix(nRows, nDims);
  for (let r = 0; r < nRows; r++) {
    const row = rowOf(m, r);
    let sum = 0;
    for (let d = 0; d < nDims; d++) sum += row[d]! * row[d]!;
    if (!(sum > 0 && sum < Infinity)) {
      throw new InputError(`length of ${what} row ${r}`, Math.sqrt(sum), 'positive and finite');
    }
    const scale = 1 / Math.sqrt(sum);
    for (let d = 0; d < nDims; d++) out.data[r * nDims + d] = row[d]! * scale;
  }
  return out;
}

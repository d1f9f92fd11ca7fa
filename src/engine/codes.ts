import type { SimilarityKernel } from './similarityKernel.js';
import { eachRun, type VectorPool } from './vectorPool.js';

/**
 * Int8 codes of a pool's unit vectors u, all turned by one rotation R: R u ≈ scale · code, with
 * ‖R u − scale · code‖ ≤ error. A rotation changes no cosine, so the product of two rows' codes bounds it:
 * cos ≤ scale² (codeᵢ · codeⱼ) + errorᵢ + errorⱼ + errorᵢ errorⱼ. R spreads a few large coordinates, such as
 * embeddings have, over all, as if they were drawn from one normal distribution: so one scale suits all rows.
 */
export interface Codes {
  /** n × stride, within ±levels, over shared memory. */
  readonly code: Int8Array;
  /** Rounded up. */
  readonly error: Float32Array;
  readonly levels: number;
  readonly scale: number;
}

/** Standard deviations within which codes lie: fewer cut more coordinates off, more make steps coarser. */
const reach = 3.9;

/** Room for the codes of a pool. Products of 127 levels overflow the 16-bit sums of older processors; 63 fit. */
export function emptyCodes({ n, stride }: Pick<VectorPool, 'n' | 'stride'>, levels: 63 | 127): Codes {
  const largest = Math.min(1, reach / Math.sqrt(Math.max(1, stride)));
  return {
    code: new Int8Array(new SharedArrayBuffer(n * stride)),
    error: new Float32Array(new SharedArrayBuffer(n * 4)),
    levels,
    scale: Math.fround(largest / levels),
  };
}

/** Codes rows from … to, as many at a time as the kernel holds. Zero vectors keep codes of zero. */
export function codeRows(
  kernel: SimilarityKernel,
  pool: Omit<VectorPool, 'n' | 'nDims'>,
  codes: Codes,
  from: number,
  to: number,
) {
  const { stride, squares } = pool;
  for (let first = from; first < to; first += kernel.tileRows) {
    const n = Math.min(kernel.tileRows, to - first);
    const raw = kernel.float32('rowRaw', n * stride);
    eachRun(pool, first, first + n, (values, row) => raw.set(values, (row - first) * stride));
    kernel.float64('rowSquare', n).set(squares.subarray(first, first + n));
    kernel.run.codeRows(n, codes.levels, codes.scale);
    codes.code.set(kernel.int8('codesA', n * stride), first * stride);
    codes.error.set(kernel.float32('rowError', n), first);
  }
}

import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';

/**
 * Vectors of several groups (participants) in one shared array, ready for cosines.
 *
 * Each row is multiplied by a power of two, which changes no bit of a cosine and keeps float32 products far
 * from overflow, and padded with zeros to `stride`. Rows of a group follow one another.
 */
export interface VectorPool {
  readonly n: number;
  readonly nDims: number;
  /** Floats from one row to the next: nDims rounded up to a multiple of 16. */
  readonly stride: number;
  /** n × stride, over a SharedArrayBuffer so that threads share it. */
  readonly data: Float32Array;
  /** Squared length of each stored row in float64; 0 for a zero vector. */
  readonly squares: Float64Array;
  /** First row of each group and, last, n. */
  readonly starts: Int32Array;
  /** Group of each row. */
  readonly group: Int32Array;
}

/**
 * Copies the rows of every matrix into one pool. A group may be empty; a row may be zero.
 *
 * @throws InputError for NaN or infinite values and for matrices of unequal width, naming the matrix
 */
export function poolVectors(vectors: readonly Matrix[], what = 'vectors'): VectorPool {
  const nDims = vectors.find((m) => m.shape[0] > 0)?.shape[1] ?? 0;
  const starts = new Int32Array(vectors.length + 1);
  vectors.forEach((m, g) => {
    if (m.shape[0] > 0 && m.shape[1] !== nDims) {
      const fix = 'give every participant vectors of the same embedding space';
      throw new InputError(
        `number of dimensions of ${what}[${g}]`,
        m.shape[1],
        `${nDims}, as the first`,
        fix,
      );
    }
    starts[g + 1] = starts[g]! + m.shape[0];
  });
  const n = starts[vectors.length]!;
  const stride = Math.ceil(nDims / 16) * 16;
  const data = new Float32Array(new SharedArrayBuffer(n * stride * 4));
  const squares = new Float64Array(new SharedArrayBuffer(n * 8));
  const group = new Int32Array(n);
  vectors.forEach((m, g) => {
    group.fill(g, starts[g], starts[g + 1]);
    for (let row = 0; row < m.shape[0]; row++) {
      const bad = copyScaled(m.data, row * nDims, nDims, data, (starts[g]! + row) * stride);
      if (bad < 0) continue;
      const fix = 'replace or drop NaN and infinite values first';
      throw new InputError(`${what}[${g}][${row}][${bad}]`, m.data[row * nDims + bad], 'finite', fix);
    }
  });
  const stored = { data, stride };
  for (let i = 0; i < n; i++) squares[i] = dot(stored, i, i);
  return { n, nDims, stride, data, squares, starts, group };
}

/**
 * Copies a row, multiplied by the power of two that brings its largest magnitude into [0.5, 1); a zero row as it is.
 *
 * @returns −1, or the place of the first value that is not finite
 */
function copyScaled(from: Float32Array, at: number, length: number, to: Float32Array, start: number): number {
  let largest = 0;
  for (let k = 0; k < length; k++) {
    const value = Math.abs(from[at + k]!);
    if (value - value !== 0) return k;
    if (value > largest) largest = value;
  }
  const scale = largest === 0 ? 0 : 2 ** -(Math.floor(Math.log2(largest)) + 1);
  for (let k = 0; k < length; k++) to[start + k] = from[at + k]! * scale;
  return -1;
}

/**
 * The inner product of two stored rows in float64, summed in four lanes (k mod 4), then (0 + 2) + (1 + 3).
 * The order is part of the definition: every engine that decides a pair uses it, so all decide alike.
 */
export function dot(pool: Pick<VectorPool, 'data' | 'stride'>, i: number, j: number): number {
  const { data, stride } = pool;
  let [a, b, c, d] = [0, 0, 0, 0];
  for (let p = i * stride, q = j * stride, end = p + stride; p < end; p += 4, q += 4) {
    a += data[p]! * data[q]!;
    b += data[p + 1]! * data[q + 1]!;
    c += data[p + 2]! * data[q + 2]!;
    d += data[p + 3]! * data[q + 3]!;
  }
  return a + c + (b + d);
}

/**
 * Cosine of two rows in float64, x·y / √(x·x · y·y), the value by which every threshold is decided; NaN if either
 * is zero. One root of the product, not a product of roots: cosines of small whole numbers come out exact.
 */
export function cosine(pool: VectorPool, i: number, j: number): number {
  return dot(pool, i, j) / Math.sqrt(pool.squares[i]! * pool.squares[j]!);
}

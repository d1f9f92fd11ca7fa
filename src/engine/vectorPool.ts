import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';

/**
 * Vectors of several groups (participants) in shared memory, ready for cosines. Rows are counted through all groups.
 *
 * Each row is padded with zeros to `stride`. A row whose squared length lies beyond 2^±60 is multiplied by the power of
 * two that brings its largest magnitude into [0.5, 1), which changes no bit of a cosine and keeps float32 products far
 * from overflow; every other is stored as it is. A group that needs neither and already is over shared memory is not
 * copied.
 */
export interface VectorPool {
  readonly n: number;
  readonly nDims: number;
  /** Floats from one row to the next: nDims rounded up to a multiple of 16. */
  readonly stride: number;
  /** The rows of each group, size × stride, each over a SharedArrayBuffer so that threads share it. Read only. */
  readonly parts: readonly Float32Array[];
  /** Squared length of each stored row in float64; 0 for a zero vector. Over shared memory, as all that follows. */
  readonly squares: Float64Array;
  /** First row of each group and, last, n. */
  readonly starts: Int32Array;
  /** Group of each row. */
  readonly group: Int32Array;
}

/** What cosines of stored rows need. */
export type StoredRows = Omit<VectorPool, 'nDims'>;

const moderate = 2 ** 60;

/**
 * Makes a pool of the rows of every matrix: copies them, except where data over a SharedArrayBuffer can be used as they
 * are (see {@link VectorPool}). What is given is never written to, and must not change while the pool is in use. A
 * group may be empty; a row may be zero.
 *
 * @throws InputError for NaN or infinite values and for matrices of unequal width, naming the matrix
 */
export function poolVectors(vectors: readonly Matrix[], what = 'vectors'): VectorPool {
  const nDims = vectors.find((m) => m.shape[0] > 0)?.shape[1] ?? 0;
  const starts = new Int32Array(new SharedArrayBuffer((vectors.length + 1) * 4));
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
  const squares = new Float64Array(new SharedArrayBuffer(n * 8));
  const group = new Int32Array(new SharedArrayBuffer(n * 4));
  const parts = vectors.map((m, g) => {
    const [from, to] = [starts[g]!, starts[g + 1]!];
    group.fill(g, from, to);
    return poolRows(m, nDims, stride, squares.subarray(from, to), `${what}[${g}]`);
  });
  return { n, nDims, stride, parts, squares, starts, group };
}

/** The rows of one matrix as they are stored, and their squared lengths. */
function poolRows(
  m: Matrix,
  nDims: number,
  stride: number,
  squares: Float64Array,
  what: string,
): Float32Array {
  const n = squares.length;
  let asTheyAre = nDims === stride && m.data.buffer instanceof SharedArrayBuffer;
  for (let row = 0; row < n; row++) {
    const square = squareOf(m.data, row * nDims, nDims);
    if (!Number.isFinite(square)) throw notFinite(m.data, row, nDims, what);
    squares[row] = square;
    if (!isModerate(square)) asTheyAre = false;
  }
  if (asTheyAre) return m.data;
  const stored = new Float32Array(new SharedArrayBuffer(n * stride * 4));
  for (let row = 0; row < n; row++) {
    const [from, to] = [row * nDims, row * stride];
    if (isModerate(squares[row]!)) stored.set(m.data.subarray(from, from + nDims), to);
    else {
      const scale = unitPower(m.data, from, nDims);
      for (let k = 0; k < nDims; k++) stored[to + k] = m.data[from + k]! * scale;
      squares[row] = squareOf(stored, to, nDims);
    }
  }
  return stored;
}

function isModerate(square: number): boolean {
  return square === 0 || (square >= 1 / moderate && square <= moderate);
}

/** The power of two that brings the largest magnitude of a row into [0.5, 1). */
function unitPower(data: Float32Array, from: number, length: number): number {
  let largest = 0;
  for (let k = from; k < from + length; k++) largest = Math.max(largest, Math.abs(data[k]!));
  return 2 ** -(Math.floor(Math.log2(largest)) + 1);
}

function notFinite(data: Float32Array, row: number, nDims: number, what: string): InputError {
  const own = data.subarray(row * nDims, (row + 1) * nDims);
  const k = own.findIndex((value) => !Number.isFinite(value));
  const fix = 'replace or drop NaN and infinite values first';
  return new InputError(`${what}[${row}][${k}]`, own[k], 'finite', fix);
}

/** The squared length as {@link dot} sums it: zeros behind the row would add nothing. */
function squareOf(data: Float32Array, from: number, length: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const end = from + length;
  let p = from;
  for (; p + 3 < end; p += 4) {
    a += data[p]! * data[p]!;
    b += data[p + 1]! * data[p + 1]!;
    c += data[p + 2]! * data[p + 2]!;
    d += data[p + 3]! * data[p + 3]!;
  }
  if (p < end) a += data[p]! * data[p]!;
  if (p + 1 < end) b += data[p + 1]! * data[p + 1]!;
  if (p + 2 < end) c += data[p + 2]! * data[p + 2]!;
  return a + c + (b + d);
}

/**
 * The inner product of two stored rows in float64, summed in four lanes (k mod 4), then (0 + 2) + (1 + 3).
 * The order is part of the definition: every engine that decides a pair uses it, so all decide alike.
 */
function dot({ parts, starts, group, stride }: StoredRows, i: number, j: number): number {
  const [g, h] = [group[i]!, group[j]!];
  const [x, y] = [parts[g]!, parts[h]!];
  let [a, b, c, d] = [0, 0, 0, 0];
  let p = (i - starts[g]!) * stride;
  for (let q = (j - starts[h]!) * stride, end = p + stride; p < end; p += 4, q += 4) {
    a += x[p]! * y[q]!;
    b += x[p + 1]! * y[q + 1]!;
    c += x[p + 2]! * y[q + 2]!;
    d += x[p + 3]! * y[q + 3]!;
  }
  return a + c + (b + d);
}

/**
 * Cosine of two rows in float64, x·y / √(x·x · y·y), the value by which every threshold is decided; NaN if either
 * is zero. One root of the product, not a product of roots: cosines of small whole numbers come out exact.
 */
export function cosine(pool: StoredRows, i: number, j: number): number {
  return dot(pool, i, j) / Math.sqrt(pool.squares[i]! * pool.squares[j]!);
}

/**
 * Goes through rows that lie together in one group: calls `use` with the stored values of rows from … to, and which of
 * them they are.
 */
export function eachRun(
  { parts, starts, group, stride }: Pick<VectorPool, 'parts' | 'starts' | 'group' | 'stride'>,
  from: number,
  to: number,
  use: (values: Float32Array, first: number, length: number) => void,
): void {
  for (let first = from; first < to; ) {
    const g = group[first]!;
    const end = Math.min(to, starts[g + 1]!);
    const at = (first - starts[g]!) * stride;
    use(parts[g]!.subarray(at, at + (end - first) * stride), first, end - first);
    first = end;
  }
}

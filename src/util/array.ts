import { InputError } from './errors.js';

/** The element stores an array may have. */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An n-dimensional array in C order (last axis fastest): flat data and a shape, nothing hidden. */
export interface NdArray<T extends TypedArray = Float32Array> {
  readonly data: T;
  readonly shape: readonly number[];
}

/** A float32 array of two axes, rows × columns, C order. */
export interface Matrix extends NdArray<Float32Array> {
  readonly shape: readonly [number, number];
}

/** Number of elements a shape holds (1 for the empty shape of a scalar). */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** Wraps flat data in a shape; throws {@link InputError} if their sizes disagree. */
export function ndarray<T extends TypedArray>(data: T, shape: readonly number[]): NdArray<T> {
  if (sizeOf(shape) !== data.length) {
    throw new InputError('shape', shape, `of ${data.length} elements, the length of the data`);
  }
  return { data, shape };
}

/** A rows × columns float32 matrix over `data` (zeros if not given); no copy. */
export function matrix(nRows: number, nColumns: number, data?: Float32Array): Matrix {
  return ndarray(data ?? new Float32Array(nRows * nColumns), [nRows, nColumns]) as Matrix;
}

/** One row of a matrix as a view (no copy). */
export function rowOf(m: Matrix, row: number): Float32Array {
  return m.data.subarray(row * m.shape[1], (row + 1) * m.shape[1]);
}

/** A new matrix of the given rows, in the given order. */
export function takeRows(m: Matrix, rows: ArrayLike<number>): Matrix {
  const nColumns = m.shape[1];
  const out = new Float32Array(rows.length * nColumns);
  for (let i = 0; i < rows.length; i++) out.set(rowOf(m, rows[i]!), i * nColumns);
  return matrix(rows.length, nColumns, out);
}

/** Copies a two-axis array of any real element type to a float32 matrix (views float32 data as it is). */
export function toMatrix(array: NdArray<TypedArray>, what = 'array'): Matrix {
  if (array.shape.length !== 2) throw new InputError(`${what} shape`, array.shape, 'of two axes');
  const data =
    array.data instanceof Float32Array ? array.data : Float32Array.from(array.data as Float64Array, Number);
  return { data, shape: [array.shape[0]!, array.shape[1]!] };
}

/**
 * Checks data where it enters: every value finite and not all of them zero. Throws {@link InputError}
 * that names the first offending index (row and column for two axes).
 */
export function checkFinite(array: NdArray<Float32Array | Float64Array>, what: string): void {
  const { data, shape } = array;
  let anyNonZero = data.length === 0;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    if (value - value !== 0) {
      const nColumns = shape.length === 2 ? shape[1]! : 0;
      const where = nColumns ? `[${Math.floor(i / nColumns)}, ${i % nColumns}]` : `[${i}]`;
      throw new InputError(
        `${what}${where}`,
        value,
        'finite',
        'replace or drop NaN and infinite values first',
      );
    }
    if (value !== 0) anyNonZero = true;
  }
  if (!anyNonZero)
    throw new InputError(what, 0, 'not all zero', 'check that the file was read and written whole');
}

/** Rows of a float32 matrix that may be larger than memory: read in blocks. */
export interface RowSource {
  readonly shape: readonly [number, number];
  /** Rows `start` (included) to `end` (excluded), C order, into `out` if given. */
  readRows(start: number, end: number, out?: Float32Array): Promise<Float32Array>;
}

/** A matrix in memory as a {@link RowSource}. */
export function rowSource(m: Matrix): RowSource {
  const nColumns = m.shape[1];
  return {
    shape: m.shape,
    async readRows(start, end, out) {
      const view = m.data.subarray(start * nColumns, end * nColumns);
      if (!out) return view;
      out.set(view);
      return out.subarray(0, view.length);
    },
  };
}

/** Whether a value is a matrix in memory rather than a {@link RowSource}. */
export function isMatrix(value: Matrix | RowSource): value is Matrix {
  return 'data' in value;
}

import type { TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';

/** Numbers as Plotly takes them: a short list, or base64 of a typed array with its type and shape. */
export type PlotNumbers = (number | null)[] | PackedNumbers;

export interface PackedNumbers {
  dtype: 'i1' | 'u1' | 'i2' | 'u2' | 'i4' | 'u4' | 'f4' | 'f8';
  bdata: string;
  /** `rows, columns` where there are two axes. */
  shape?: string;
}

const dtypes = new Map<unknown, PackedNumbers['dtype']>([
  [Int8Array, 'i1'],
  [Uint8Array, 'u1'],
  [Int16Array, 'i2'],
  [Uint16Array, 'u2'],
  [Int32Array, 'i4'],
  [Uint32Array, 'u4'],
  [Float32Array, 'f4'],
  [Float64Array, 'f8'],
]);

/** Lists up to this length are written as numbers, for eyes and for older Plotlys. */
const shortList = 512;

/**
 * Numbers for a trace: up to 512 as a list, more as base64 of their own type (a third of the size of text).
 * NaN becomes a gap in both.
 *
 * @throws InputError for 64-bit integers
 */
export function packNumbers(values: TypedArray | readonly number[]): PlotNumbers {
  if (values.length <= shortList || Array.isArray(values)) {
    return Array.from(values as ArrayLike<number>, tidyNumber);
  }
  return packTyped(values as TypedArray);
}

/** Rows × columns numbers for a heatmap or image, packed whatever their length. */
export function packGrid(values: TypedArray, nRows: number, nColumns: number): PackedNumbers {
  return { ...packTyped(values), shape: `${nRows}, ${nColumns}` };
}

/** Base64 of a typed array with its Plotly type. */
export function packTyped(values: TypedArray): PackedNumbers {
  const dtype = dtypes.get(values.constructor);
  if (!dtype)
    throw new InputError('array type', values.constructor.name, 'of at most 32-bit integers or floats');
  return { dtype, bdata: base64Of(values) };
}

export function base64Of(values: ArrayBufferView): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** Six significant digits; NaN and infinities as null, which JSON and Plotly take as a gap. */
export function tidyNumber(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(6)) : null;
}

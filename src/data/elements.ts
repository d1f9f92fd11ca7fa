import type { TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { bfloat16ToFloat32, float16ToFloat32, toBfloat16, toFloat16 } from './half.js';

/** Element types that files hold. In memory the half-precision ones are float32, and `bool` is 0 or 1 in a byte. */
export type ElementType =
  | 'float64'
  | 'float32'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'bool';

/** The array in which elements of a file are kept as they are stored. */
export const stores = {
  float64: Float64Array,
  float32: Float32Array,
  float16: Uint16Array,
  bfloat16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int16: Int16Array,
  int8: Int8Array,
  uint64: BigUint64Array,
  uint32: Uint32Array,
  uint16: Uint16Array,
  uint8: Uint8Array,
  bool: Uint8Array,
} as const;

const hostIsLittleEndian = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;

/** Bytes of one element in a file. */
export function bytesPerElement(type: ElementType): number {
  return stores[type].BYTES_PER_ELEMENT;
}

/** The element type in which an array is kept in memory. */
export function elementTypeOf(array: TypedArray): ElementType {
  return array.constructor.name.replace('Big', '').replace('Array', '').toLowerCase() as ElementType;
}

/**
 * Reads elements from a file's bytes. Takes the bytes over: they may be swapped in place, and the result may be
 * a view of them.
 */
export function decodeElements(bytes: Uint8Array, type: ElementType, littleEndian = true): TypedArray {
  const Store = stores[type];
  const size = Store.BYTES_PER_ELEMENT;
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  if (size > 1 && littleEndian !== hostIsLittleEndian) swapBytes(aligned, size);
  const array = new Store(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / size);
  if (type === 'float16') return float16ToFloat32(array as Uint16Array);
  if (type === 'bfloat16') return bfloat16ToFloat32(array as Uint16Array);
  return array;
}

/** Numbers as another element type, as JavaScript converts them; the same array if it is of that type already. */
export function castElements(values: TypedArray, type: ElementType): TypedArray {
  const Store = stores[type] as unknown as Float64ArrayConstructor;
  if ((values as unknown) instanceof Store) return values;
  const convert = type === 'int64' || type === 'uint64' ? BigInt : Number;
  return Store.from(values as unknown as Float64Array, convert as typeof Number);
}

/** The little-endian bytes of an array as elements of `type` (its own by default); a view where it can be. */
export function encodeElements(array: TypedArray, type: ElementType = elementTypeOf(array)): Uint8Array {
  const own = elementTypeOf(array);
  let store: TypedArray = array;
  if (type === 'float16' || type === 'bfloat16') {
    if (!own.startsWith('float')) throw new InputError('element type', type, `${own}, the array's own`);
    store = (type === 'float16' ? toFloat16 : toBfloat16)(array as Float64Array);
  } else if (type !== own && !(type === 'bool' && own === 'uint8')) {
    throw new InputError('element type', type, `${own}, the array's own`, 'convert the array first');
  }
  const bytes = new Uint8Array(store.buffer, store.byteOffset, store.byteLength);
  if (hostIsLittleEndian || store.BYTES_PER_ELEMENT === 1) return bytes;
  const swapped = bytes.slice();
  swapBytes(swapped, store.BYTES_PER_ELEMENT);
  return swapped;
}

function swapBytes(bytes: Uint8Array, size: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}

/** Reorders column-major data (first axis fastest, as in Fortran and MATLAB) to C order; a new array. */
export function toCOrder<T extends TypedArray | unknown[]>(data: T, shape: readonly number[]): T {
  const out = data.slice() as T;
  const lengths = shape.filter((length) => length !== 1);
  if (lengths.length < 2) return out;
  // Along the last axis and one before it a matrix is transposed; the axes between only shift where it starts.
  const nRows = lengths[0]!;
  const nColumns = lengths.at(-1)!;
  const between = lengths.slice(1, -1);
  const nBetween = between.reduce((product, length) => product * length, 1);
  for (let index = 0; index < nBetween; index++) {
    let [rest, to, step] = [index, 0, nColumns * nBetween];
    for (const length of between) {
      step /= length;
      to += (rest % length) * step;
      rest = Math.floor(rest / length);
    }
    const [columnStep, rowStep] = [nRows * nBetween, nColumns * nBetween];
    transpose(data, out, { nRows, nColumns, from: index * nRows, to, columnStep, rowStep });
  }
  return out;
}

/** Cells of a square that fits in the cache: both arrays are walked within it. */
const TILE = 64;

function transpose(
  data: TypedArray | unknown[],
  out: TypedArray | unknown[],
  size: { nRows: number; nColumns: number; from: number; to: number; columnStep: number; rowStep: number },
): void {
  const { nRows, nColumns, from, to, columnStep, rowStep } = size;
  for (let row0 = 0; row0 < nRows; row0 += TILE) {
    const rowEnd = Math.min(row0 + TILE, nRows);
    for (let column0 = 0; column0 < nColumns; column0 += TILE) {
      const columnEnd = Math.min(column0 + TILE, nColumns);
      for (let row = row0; row < rowEnd; row++) {
        for (let column = column0; column < columnEnd; column++) {
          out[to + row * rowStep + column] = data[from + row + column * columnStep]!;
        }
      }
    }
  }
}

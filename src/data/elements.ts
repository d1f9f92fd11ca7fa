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

const stores = {
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
  if (shape.filter((length) => length !== 1).length < 2) return out;
  const strides = shape.map((_, axis) =>
    shape.slice(0, axis).reduce((product, length) => product * length, 1),
  );
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let to = 0; to < data.length; to++) {
    out[to] = data[from]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      from -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return out;
}

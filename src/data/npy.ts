import { open } from 'node:fs/promises';
import { type NdArray, ndarray, type TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { decodeElements, type ElementType, elementTypeOf, encodeElements, toCOrder } from './elements.js';
import { type OpenFile, withFile, writeAll } from './file.js';
import { type NpyHeader, npyHeader, readNpyHeader } from './npyHeader.js';
import { writeAtomically } from './writeAtomically.js';

/** Reads the header of an open npy file. */
export function headerOf(file: OpenFile): Promise<NpyHeader> {
  return readNpyHeader(file.path, file.size, async (start, length) => {
    const bytes = new Uint8Array(length);
    await file.read(start, bytes);
    return bytes;
  });
}

/** The array that a header and the data bytes after it describe. Takes the bytes over. */
export function npyArray(header: NpyHeader, bytes: Uint8Array): NdArray<TypedArray> {
  const data = decodeElements(bytes, header.type, header.littleEndian);
  return ndarray(header.fortranOrder ? toCOrder(data, header.shape) : data, header.shape);
}

/** How {@link readNpy} reads. */
export interface ReadNpyOptions {
  /**
   * Read into memory that threads share (a SharedArrayBuffer): clustering uses vectors there as they are and does not
   * copy them. Not for what is converted (float16, Fortran order). Default false.
   */
  shared?: boolean;
}

/**
 * Reads a NumPy `.npy` file (format versions 1 to 3; either byte order; C or Fortran order) into C order.
 * Every real element type keeps its own, except float16, which is widened to float32 (exactly); booleans are
 * 0 and 1 in a Uint8Array, and 64-bit integers BigInts. Memory: the array once (twice for float16 and for
 * Fortran order). For arrays larger than memory see {@link openNpyRows}.
 *
 * @throws FileError if there is no such file; FormatError if it is not npy, is cut short or too long for its
 *   shape, or holds complex numbers, text, objects or records
 * @example
 * const embeddings = toMatrix(await readNpy('embeddings.npy')); // nStimuli × nDims
 */
export function readNpy(path: string, { shared = false }: ReadNpyOptions = {}): Promise<NdArray<TypedArray>> {
  return withFile(path, async (file) => {
    const header = await headerOf(file);
    const { dataBytes } = header;
    const bytes = shared ? new Uint8Array(new SharedArrayBuffer(dataBytes)) : new Uint8Array(dataBytes);
    await file.read(header.dataStart, bytes);
    return npyArray(header, bytes);
  });
}

/** How {@link writeNpy} writes. */
export interface WriteNpyOptions {
  /** Element type in the file: the array's own by default; `float16` from floats, `bool` from bytes of 0 and 1. */
  type?: Exclude<ElementType, 'bfloat16'>;
}

/**
 * Writes a NumPy `.npy` file (version 1.0, little-endian, C order), whole or not at all. The same array gives
 * the same bytes, which are those `numpy.save` writes.
 *
 * @throws InputError if the type does not fit the array (float16: a value beyond 65504); FileError, ResourceError
 */
export async function writeNpy(
  path: string,
  array: NdArray<TypedArray>,
  options: WriteNpyOptions = {},
): Promise<void> {
  const bytes = npyBytes(array, options.type);
  await writeAtomically(path, async (temporary) => {
    const handle = await open(temporary, 'w');
    try {
      for (const part of bytes) await writeAll(handle, part);
    } finally {
      await handle.close();
    }
  });
}

/** Header and data of an npy file. */
export function npyBytes(
  { data, shape }: NdArray<TypedArray>,
  type: ElementType = elementTypeOf(data),
): [Uint8Array, Uint8Array] {
  if ((type as string) === 'bfloat16')
    throw new InputError('type', type, 'a type that NumPy has', 'use float16');
  ndarray(data, shape);
  return [npyHeader(type, shape), encodeElements(data, type)];
}

import type { NdArray, TypedArray } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';
import { withFile } from './file.js';
import { npyArray, npyBytes } from './npy.js';
import { readNpyHeader } from './npyHeader.js';
import { readZipEntry, writeZip, zipEntries } from './zip.js';

/** Which arrays {@link readNpz} reads. */
export interface ReadNpzOptions {
  /** Names of the arrays to read; all by default. */
  names?: readonly string[];
}

/**
 * Reads a NumPy `.npz` archive (`numpy.savez` or `savez_compressed`): its arrays by name, in the archive's order, each
 * as {@link readNpy} gives it. Memory: the arrays, and the largest of them once more.
 *
 * @throws FileError if there is no such file; FormatError if it is no zip archive, is cut short or damaged (every
 *   entry is checked by CRC), or holds something else than real arrays
 */
export function readNpz(
  path: string,
  { names }: ReadNpzOptions = {},
): Promise<Map<string, NdArray<TypedArray>>> {
  return withFile(path, async (file) => {
    const arrays = new Map<string, NdArray<TypedArray>>();
    for (const entry of await zipEntries(file)) {
      const name = entry.name.replace(/\.npy$/, '');
      if (names && !names.includes(name)) continue;
      if (name === entry.name) throw new FormatError(path, `holds ${name}, which is no .npy file`);
      const bytes = await readZipEntry(file, entry);
      const where = `${path}: ${entry.name}`;
      const header = await readNpyHeader(where, bytes.length, async (start, length) =>
        bytes.subarray(start, start + length),
      );
      arrays.set(name, npyArray(header, bytes.subarray(header.dataStart)));
    }
    return arrays;
  });
}

/** How {@link writeNpz} writes. */
export interface WriteNpzOptions {
  /** Deflate the arrays; default false, as `numpy.savez`. */
  compress?: boolean;
}

/**
 * Writes a NumPy `.npz` archive of up to 4 GiB, whole or not at all. The same arrays give the same bytes (with the
 * same zlib, if compressed).
 *
 * @throws InputError for an empty name or an archive over 4 GiB; FileError, ResourceError
 */
export async function writeNpz(
  path: string,
  arrays: ReadonlyMap<string, NdArray<TypedArray>> | Readonly<Record<string, NdArray<TypedArray>>>,
  { compress = false }: WriteNpzOptions = {},
): Promise<void> {
  const named: [string, NdArray<TypedArray>][] =
    arrays instanceof Map ? [...arrays] : Object.entries(arrays as Record<string, NdArray<TypedArray>>);
  const files = named.map(([name, array]) => {
    if (name === '') throw new InputError('name of an array', name, 'not empty');
    return [`${name}.npy`, npyBytes(array)] as const;
  });
  await writeZip(path, files, compress);
}

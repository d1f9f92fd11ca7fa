import { open } from 'node:fs/promises';
import { sizeOf, type TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { elementTypeOf } from './elements.js';
import { loadHdf5 } from './hdf5File.js';
import { writeAtomically } from './writeAtomically.js';

/** Options of {@link writeHdf5}. */
export interface WriteHdf5Options {
  /** Name of the dataset. */
  name: string;
  /** Shape in C order; the first axis may be written in several pieces. */
  shape: readonly number[];
  /** Shape of the chunks. Defaults to one row of the first axis each. */
  chunks?: readonly number[];
  /** Deflate level 1 (default) to 9; 0 stores as it is. */
  level?: number;
}

/**
 * Writes a dataset to an HDF5 file, whole or not at all, as a whole or in pieces of whole rows of its first axis,
 * so that it may be larger than memory.
 *
 * @throws InputError if sizes disagree; FileError, ResourceError
 * @example await writeHdf5('betas_session01.hdf5', blocks(), { name: 'betas', shape: [750, 83, 104, 81] });
 */
export async function writeHdf5(
  path: string,
  data: TypedArray | Iterable<TypedArray> | AsyncIterable<TypedArray>,
  options: WriteHdf5Options,
): Promise<void> {
  const { name, shape, level = 1 } = options;
  if (shape.length === 0 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new InputError('shape', shape, 'lengths of at least 1');
  }
  const chunks = options.chunks ?? [1, ...shape.slice(1)];
  if (chunks.length !== shape.length || !chunks.every((n, axis) => n >= 1 && n <= shape[axis]!)) {
    throw new InputError('chunks', chunks, `lengths of 1 to those of the shape ${shape.join(' × ')}`);
  }
  const nPerRow = sizeOf(shape.slice(1));
  const h5wasm = await loadHdf5();
  const startedS = Math.floor(Date.now() / 1000) - 1;
  await writeAtomically(path, async (temporary) => {
    const file = new h5wasm.File(temporary, 'w', { libver: ['earliest', 'v110'] });
    try {
      let dataset: InstanceType<typeof h5wasm.Dataset> | undefined;
      let row = 0;
      for await (const piece of ArrayBuffer.isView(data) ? [data] : data) {
        const end = row + piece.length / nPerRow;
        if (!Number.isInteger(end) || end > shape[0]!) {
          throw new InputError(
            'length of a piece',
            piece.length,
            `whole rows of ${nPerRow}, ${shape[0]} in all`,
          );
        }
        const block = [...shape.slice(1).map((n): [number, number] => [0, n])];
        if (dataset) {
          dataset.resize([end, ...shape.slice(1)]);
          dataset.write_slice([[row, end], ...block], piece);
        } else {
          dataset = file.create_dataset({
            ...{ name, data: piece as Float32Array, shape: [end, ...shape.slice(1)], dtype: dtypeOf(piece) },
            ...{
              maxshape: [...shape],
              chunks: chunks.map((n, axis) => (axis === 0 ? Math.min(n, shape[0]!) : n)),
            },
            ...(level > 0 ? { compression: 'gzip' as const, compression_opts: level } : {}),
          });
        }
        row = end;
      }
      if (row !== shape[0]) throw new InputError('rows written', row, `${shape[0]}, as the shape says`);
    } finally {
      file.close();
    }
    await clearTime(temporary, startedS);
  });
}

/**
 * Puts 0 for the time at which the dataset was made, so that the same data give the same bytes. It lies in a
 * message of the dataset's header, near the file's start: type 0x12, 8 bytes, flags, version 1, then the seconds.
 */
async function clearTime(path: string, startedS: number): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(1 << 16), 0, 1 << 16, 0);
    for (let at = 0; at + 16 <= bytesRead; at += 8) {
      const isTime = buffer.readUInt32LE(at) === 0x00080012 && buffer.readUInt32LE(at + 8) === 1;
      const seconds = buffer.readUInt32LE(at + 12);
      if (isTime && seconds >= startedS && seconds <= Date.now() / 1000 + 1) {
        await handle.write(Buffer.alloc(4), 0, 4, at + 12);
      }
    }
  } finally {
    await handle.close();
  }
}

function dtypeOf(array: TypedArray): string {
  const type = elementTypeOf(array);
  const kind = type.startsWith('float') ? 'f' : type.startsWith('uint') ? 'u' : 'i';
  const codes: Record<string, string> = {
    f4: '<f',
    f8: '<d',
    i1: '<b',
    i2: '<h',
    i4: '<i',
    i8: '<q',
    u1: '<B',
    u2: '<H',
    u4: '<I',
    u8: '<Q',
  };
  return codes[kind + array.BYTES_PER_ELEMENT]!;
}

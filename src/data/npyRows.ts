import { open } from 'node:fs/promises';
import type { RowSource } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';
import { throwIfAborted, type WorkOptions } from '../util/index.js';
import { bytesPerElement, decodeElements, type ElementType, encodeElements } from './elements.js';
import { openFile, writeAll } from './file.js';
import { headerOf } from './npy.js';
import { npyHeader } from './npyHeader.js';
import { writeAtomically } from './writeAtomically.js';

/**
 * Opens a two-axis `.npy` file of any real element type to read blocks of its rows as float32, whatever its size
 * (64-bit integers and float64 are rounded to the nearest float32). Memory: one block. A file in Fortran order
 * costs one read per column of a block; rewrite it in C order to read it more than once.
 *
 * @throws FileError, FormatError as readNpy; FormatError if the array has not two axes; `readRows` throws
 *   InputError for rows that are not there
 * @example
 * const betas = await openNpyRows('sub-01/betas.npy');
 * const firstHundred = await betas.readRows(0, 100); // 100 × nVoxels
 * await betas.close();
 */
export async function openNpyRows(path: string): Promise<RowSource & { close(): Promise<void> }> {
  const file = await openFile(path);
  try {
    const { shape, type, littleEndian, fortranOrder, dataStart } = await headerOf(file);
    if (shape.length !== 2) {
      throw new FormatError(path, `holds an array of shape (${shape.join(', ')}); must be of two axes`);
    }
    const [nRows, nColumns] = shape as [number, number];
    const itemBytes = bytesPerElement(type);
    const readElements = async (start: number, count: number) => {
      const bytes = new Uint8Array(count * itemBytes);
      await file.read(dataStart + start * itemBytes, bytes);
      return decodeElements(bytes, type, littleEndian);
    };
    return {
      shape: [nRows, nColumns],
      async readRows(start, end, out) {
        if (
          !(Number.isInteger(start) && Number.isInteger(end) && 0 <= start && start <= end && end <= nRows)
        ) {
          throw new InputError(`rows of ${path}`, [start, end], `a range within [0, ${nRows}]`);
        }
        const count = (end - start) * nColumns;
        if (out && out.length < count) {
          throw new InputError('out', out, `of at least ${count} elements`);
        }
        const rows = out?.subarray(0, count) ?? new Float32Array(count);
        if (!fortranOrder) {
          const block = await readElements(start * nColumns, count);
          if (block instanceof Float32Array && !out) return block;
          copyAsFloat32(block, rows, 0, 1);
        } else {
          for (let column = 0; column < nColumns; column++) {
            copyAsFloat32(await readElements(column * nRows + start, end - start), rows, column, nColumns);
          }
        }
        return rows;
      },
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

function copyAsFloat32(
  from: ArrayLike<number | bigint>,
  to: Float32Array,
  start: number,
  step: number,
): void {
  for (let i = 0, k = start; i < from.length; i++, k += step) to[k] = Number(from[i]!);
}

/** How {@link writeNpyRows} writes. */
export interface WriteNpyRowsOptions extends WorkOptions {
  /** Element type in the file; default `float32`. */
  type?: 'float32' | 'float16';
  /** Rows that will come, if known: only for the progress. */
  nRows?: number;
}

/**
 * Writes a two-axis `.npy` file from blocks of rows as they come, so that it may be larger than memory; the number
 * of rows is whatever came. The file appears under its name only when the blocks have ended.
 *
 * @param blocks each of whole rows, C order; may be reused by its maker after the next block is asked for
 * @returns the shape written
 * @throws InputError if a block is not of whole rows; AbortedError; what `blocks` throws (nothing is left then)
 * @example
 * await writeNpyRows('betas.npy', nVoxels, async function* () { for (const s of sessions) yield await read(s); }());
 */
export async function writeNpyRows(
  path: string,
  nColumns: number,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  { type = 'float32', nRows: expected, signal, onProgress }: WriteNpyRowsOptions = {},
): Promise<[nRows: number, nColumns: number]> {
  if (!Number.isInteger(nColumns) || nColumns < 1) throw new InputError('nColumns', nColumns, 'at least 1');
  return writeAtomically(path, async (temporary) => {
    const handle = await open(temporary, 'w');
    try {
      let nRows = 0;
      const header = (rows: number) => npyHeader(type as ElementType, [rows, nColumns]);
      await writeAll(handle, header(0));
      for await (const block of blocks) {
        throwIfAborted(signal, `writing ${path}`);
        if (block.length % nColumns) {
          throw new InputError(
            'length of a block of rows',
            block.length,
            `a multiple of ${nColumns} columns`,
          );
        }
        await writeAll(handle, encodeElements(block, type));
        nRows += block.length / nColumns;
        onProgress?.({ label: `writing ${path}`, done: nRows, total: expected });
      }
      await writeAll(handle, header(nRows), 0);
      return [nRows, nColumns];
    } finally {
      await handle.close();
    }
  });
}

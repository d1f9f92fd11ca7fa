import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { sizeOf, type TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { type Affine, quaternionOf, voxelSizeMm } from './affine.js';
import { bytesPerElement, type ElementType, elementTypeOf, encodeElements } from './elements.js';
import { niftiTypes } from './niftiHeader.js';
import { writeAtomically } from './writeAtomically.js';

/** Options of {@link writeNifti}. */
export interface WriteNiftiOptions {
  /** Lengths of the axes, the first axis fastest: `[nx, ny, nz]` or `[nx, ny, nz, nVolumes]`. */
  dims: readonly number[];
  /** Voxel indices to millimetres. */
  affine: Affine;
  /** Element type; needed when the data come in pieces, else the array's own. */
  type?: ElementType;
  /** Up to 79 ASCII characters in the header. */
  description?: string;
  /** NIfTI intent: 0 (none, default), 1002 (labels), … */
  intentCode?: number;
  /** Seconds from volume to volume, where the fourth axis is time. */
  repetitionTimeS?: number;
}

/**
 * Writes a NIfTI file (`.nii`, or `.nii.gz` gzipped), whole or not at all: version 1, or 2 where an axis is longer
 * than 32,767. The affine is written as sform, and as qform too where its axes are perpendicular, both with the
 * code of scanner coordinates, so that every viewer places it alike. The same data give the same bytes.
 *
 * @param data the values, first axis fastest; or pieces of them, in order, for a file larger than memory
 * @throws InputError if sizes disagree or the type has no NIfTI code; FileError, ResourceError
 * @example await writeNifti('noise-ceiling.nii.gz', percent, { dims: [81, 104, 83], affine });
 */
export async function writeNifti(
  path: string,
  data: TypedArray | Iterable<TypedArray> | AsyncIterable<TypedArray>,
  options: WriteNiftiOptions,
): Promise<void> {
  if (!/\.nii(\.gz)?$/.test(path)) throw new InputError('NIfTI file', path, 'named .nii or .nii.gz');
  const type = options.type ?? (ArrayBuffer.isView(data) ? elementTypeOf(data) : undefined);
  if (!type) throw new InputError('type', type, 'given when the data come in pieces');
  const header = niftiHeader(type, options);
  await writeAtomically(path, async (temporary) => {
    const content = Readable.from(pieces(header, data, type, sizeOf(options.dims)), { objectMode: false });
    const file = createWriteStream(temporary);
    if (path.endsWith('.gz')) await pipeline(content, createGzip(), file);
    else await pipeline(content, file);
  });
}

async function* pieces(
  header: Uint8Array,
  data: TypedArray | Iterable<TypedArray> | AsyncIterable<TypedArray>,
  type: ElementType,
  nElements: number,
): AsyncGenerator<Uint8Array> {
  yield header;
  let written = 0;
  const isWhole = ArrayBuffer.isView(data);
  for await (const piece of isWhole ? [data] : data) {
    written += piece.length;
    if (written > nElements) break;
    const bytes = encodeElements(piece, type);
    // The caller may fill the same array again before the stream has let go of it.
    yield isWhole ? bytes : bytes.slice();
  }
  if (written !== nElements) throw new InputError('number of values', written, `${nElements}, as dims say`);
}

function niftiHeader(type: ElementType, options: WriteNiftiOptions): Uint8Array {
  const { dims, affine, description = '', intentCode = 0, repetitionTimeS = 0 } = options;
  const code = [...niftiTypes].find(([, name]) => name === type)?.[0];
  if (code === undefined)
    throw new InputError('element type', type, `one of ${[...niftiTypes.values()].join(', ')}`);
  if (dims.length < 3 || dims.length > 7 || !dims.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new InputError('dims', dims, '3 to 7 lengths of at least 1');
  }
  if (affine.length !== 16 || !affine.every(Number.isFinite))
    throw new InputError('affine', affine, '16 finite numbers');
  if (description.length > 79) throw new InputError('description', description, 'at most 79 characters');
  const version = dims.some((n) => n > 32767) ? 2 : 1;
  const bytes = new Uint8Array(version === 1 ? 352 : 544);
  const view = new DataView(bytes.buffer);
  const ascii = (text: string, at: number) => bytes.set(Buffer.from(text, 'latin1'), at);
  const short = (value: number, at: number) => view.setInt16(at, value, true);
  const int = (value: number, at: number) => view.setInt32(at, value, true);
  // Version 2 widens most fields: real numbers to float64, lengths and offsets to int64.
  const real = (values: readonly number[], at1: number, at2: number) =>
    values.forEach((value, i) => {
      if (version === 1) view.setFloat32(at1 + 4 * i, value, true);
      else view.setFloat64(at2 + 8 * i, value, true);
    });
  const size = voxelSizeMm(affine);
  const quaternion = quaternionOf(affine);
  const lengths = [dims.length, ...dims, ...new Array<number>(7 - dims.length).fill(1)];
  const steps = [quaternion?.qfac ?? 1, ...size, repetitionTimeS, 0, 0, 0];
  const shift = [affine[3]!, affine[7]!, affine[11]!];

  if (version === 1) {
    int(348, 0);
    for (const [i, length] of lengths.entries()) short(length, 40 + 2 * i);
    short(intentCode, 68);
    short(code, 70);
    short(8 * bytesPerElement(type), 72);
    bytes[123] = 2 | 8; // millimetres and seconds
    short(quaternion ? 1 : 0, 252);
    short(1, 254);
    ascii('n+1\0', 344);
  } else {
    int(540, 0);
    ascii('n+2\0\r\n\x1a\n', 4);
    short(code, 12);
    short(8 * bytesPerElement(type), 14);
    for (const [i, length] of lengths.entries()) view.setBigInt64(16 + 8 * i, BigInt(length), true);
    view.setBigInt64(168, 544n, true);
    int(quaternion ? 1 : 0, 344);
    int(1, 348);
    int(2 | 8, 500);
    int(intentCode, 504);
  }
  ascii(description, version === 1 ? 148 : 240);
  real(steps, 76, 104);
  if (version === 1) real([352], 108, 0);
  real([1, 0], 112, 176); // slope and intercept
  if (quaternion) real([quaternion.b, quaternion.c, quaternion.d, ...shift], 256, 352);
  real(affine.slice(0, 12), 280, 400);
  return bytes;
}

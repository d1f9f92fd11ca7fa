import { extname } from 'node:path';
import { type Matrix, matrix, sizeOf, type TypedArray } from '../util/array.js';
import { FormatError, InputError, ResourceError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { type ByteStream, openByteStream, readStart } from './byteStream.js';
import { bytesPerElement, decodeElements } from './elements.js';
import { gatherElements } from './gatherElements.js';
import { type NiftiHeader, niftiHeaderBytes, parseNiftiHeader } from './niftiHeader.js';

/** A NIfTI image in memory. */
export interface NiftiImage {
  readonly header: NiftiHeader;
  /**
   * The values in the file's own order, first axis fastest: voxel (i, j, k) of volume t is at
   * `i + nx·(j + ny·(k + nz·t))`. As stored where the header asks for no scaling, else scaled float64.
   */
  readonly data: TypedArray;
}

/**
 * Reads the header of a NIfTI-1 or NIfTI-2 file: `.nii`, `.nii.gz`, or the `.hdr` of a pair; any endianness.
 * Only the first bytes are read.
 *
 * @throws FileError, FormatError
 */
export async function readNiftiHeader(path: string): Promise<NiftiHeader> {
  return parseNiftiHeader(await readStart(await openByteStream(path), niftiHeaderBytes[2] + 4), path);
}

/**
 * Reads a whole NIfTI image into memory: for masks, ROIs and maps. For a series of volumes see
 * {@link readNiftiMasked}.
 *
 * @throws FileError, FormatError (truncated, corrupt, a header that does not fit the file)
 * @example const { data, header } = await readNifti('ncsnr.nii.gz');
 */
export async function readNifti(path: string, options: WorkOptions = {}): Promise<NiftiImage> {
  const { header, stream } = await openNifti(path);
  const nElements = sizeOf(header.dims);
  const bytes = allocate(nElements * bytesPerElement(header.type), path);
  let done = 0;
  for await (const chunk of stream.chunks(header.dataOffset, options.signal)) {
    const part = chunk.length > bytes.length - done ? chunk.subarray(0, bytes.length - done) : chunk;
    bytes.set(part, done);
    done += part.length;
    options.onProgress?.({ label: `reading ${path}`, done, total: bytes.length });
  }
  if (done < bytes.length) throw endsEarly(path, done, bytes.length);
  const stored = decodeElements(bytes, header.type, header.littleEndian);
  const { slope, intercept } = header;
  const isScaled = slope !== 1 || intercept !== 0;
  const data = isScaled
    ? Float64Array.from(stored as Float64Array, (v) => slope * Number(v) + intercept)
    : stored;
  return { header, data };
}

export interface ReadNiftiMaskedOptions extends WorkOptions {
  /** First volume (included) and last (excluded) along the axes beyond the third. Defaults to all. */
  volumes?: readonly [number, number];
}

/**
 * Reads chosen voxels of a series of volumes, streaming: never more than a few MB beside the result.
 *
 * @param voxels positions within one volume, `i + nx·(j + ny·k)`, in any order, without repetition
 * @returns nVolumes × nVoxels float32, scaled as the header says
 * @throws FileError, FormatError; InputError for a voxel outside the volume; AbortedError
 * @example const session = await readNiftiMasked('betas_session01.nii.gz', voxels); // 750 × nVoxels
 */
export async function readNiftiMasked(
  path: string,
  voxels: ArrayLike<number>,
  options: ReadNiftiMaskedOptions = {},
): Promise<Matrix> {
  const { header, stream } = await openNifti(path);
  const nPerVolume = sizeOf(header.dims.slice(0, 3));
  const nVolumes = sizeOf(header.dims.slice(3));
  const [first, last] = options.volumes ?? [0, nVolumes];
  if (!Number.isInteger(first) || !Number.isInteger(last) || first < 0 || last > nVolumes || first > last) {
    throw new InputError('volumes', [first, last], `a range within 0 to ${nVolumes}, the volumes of ${path}`);
  }
  const out = allocateMatrix(last - first, voxels.length, path);
  await gatherElements(stream, {
    ...{ header, nPerVolume, voxels, first, last, nVolumes, out: out.data, path },
    ...{ signal: options.signal, onProgress: options.onProgress },
  });
  return out;
}

/** Header and data stream of a file, the data of a pair found beside it; the header is held against the file's size. */
async function openNifti(path: string): Promise<{ header: NiftiHeader; stream: ByteStream }> {
  const own = await openByteStream(path);
  const header = parseNiftiHeader(await readStart(own, niftiHeaderBytes[2] + 4), path);
  const stream = header.isPair ? await openByteStream(imagePath(path)) : own;
  const nBytes = header.dataOffset + sizeOf(header.dims) * bytesPerElement(header.type);
  if (nBytes > stream.maxBytes) throw endsEarly(stream.path, stream.fileSize, nBytes);
  return { header, stream };
}

function imagePath(path: string): string {
  const zipped = /\.gz$/i.test(path) ? path.slice(-3) : '';
  const bare = path.slice(0, path.length - zipped.length);
  return bare.slice(0, bare.length - extname(bare).length) + '.img' + zipped;
}

export function endsEarly(path: string, has: number, needs: number): FormatError {
  return new FormatError(path, `has ${has} bytes of the ${needs} its header speaks of`, 'fetch it again');
}

function allocate(nBytes: number, path: string): Uint8Array {
  try {
    return new Uint8Array(nBytes);
  } catch {
    throw new ResourceError(
      path,
      `${(nBytes / 1e9).toFixed(1)} GB of memory`,
      'less',
      'read it through a mask',
    );
  }
}

function allocateMatrix(nRows: number, nColumns: number, path: string): Matrix {
  try {
    return matrix(nRows, nColumns);
  } catch {
    const needed = `${((4 * nRows * nColumns) / 1e9).toFixed(1)} GB of memory`;
    throw new ResourceError(path, needed, 'less', 'read fewer voxels or volumes at a time');
  }
}

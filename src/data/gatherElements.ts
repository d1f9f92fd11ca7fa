import { FormatError, InputError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import type { ByteStream } from './byteStream.js';
import { bytesPerElement, type ElementType } from './elements.js';
import type { NiftiHeader } from './niftiHeader.js';

interface GatherJob extends WorkOptions {
  path: string;
  header: NiftiHeader;
  nPerVolume: number;
  nVolumes: number;
  /** Positions within a volume. */
  voxels: ArrayLike<number>;
  /** Volumes from `first` to before `last`. */
  first: number;
  last: number;
  /** (last − first) × voxels.length, filled in the order of `voxels`. */
  out: Float32Array;
}

/** Copies the chosen voxels of each volume out of a stream of bytes as they pass. */
export async function gatherElements(stream: ByteStream, job: GatherJob): Promise<void> {
  const { header, nPerVolume, voxels, out, path } = job;
  const nVoxels = voxels.length;
  if (nVoxels === 0 || job.first === job.last) return;
  const { order, sorted } = ascending(voxels, nPerVolume, path);
  const size = bytesPerElement(header.type);
  const read = elementReader(header.type, header.littleEndian);
  const { slope, intercept } = header;

  // The next element wanted: voxel `next` (in ascending order) of volume `volume`.
  let volume = job.first;
  let next = 0;
  let wanted = volume * nPerVolume + sorted[0]!;
  const isDone = () => volume === job.last;
  /** Takes what is wanted of the elements `from` to before `to`, the first of them at byte `at` of the view. */
  const take = (view: DataView, at: number, from: number, to: number) => {
    while (wanted < to) {
      const value = read(view, at + (wanted - from) * size);
      out[(volume - job.first) * nVoxels + order[next]!] = slope * value + intercept;
      if (++next === nVoxels) {
        next = 0;
        if (++volume === job.last) {
          wanted = Number.POSITIVE_INFINITY;
          return;
        }
      }
      wanted = volume * nPerVolume + sorted[next]!;
    }
  };

  const skipped = stream.isGzipped ? 0 : job.first * nPerVolume * size;
  const split = new DataView(new ArrayBuffer(size));
  let inSplit = 0;
  let element = skipped / size;
  for await (const chunk of stream.chunks(header.dataOffset + skipped, job.signal)) {
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    if (inSplit > 0) {
      while (inSplit < size && at < chunk.length) split.setUint8(inSplit++, chunk[at++]!);
      if (inSplit < size) continue;
      take(split, 0, element, element + 1);
      element++;
      inSplit = 0;
    }
    const nWhole = Math.floor((chunk.length - at) / size);
    take(view, at, element, element + nWhole);
    element += nWhole;
    at += nWhole * size;
    while (at < chunk.length) split.setUint8(inSplit++, chunk[at++]!);
    job.onProgress?.({ label: `reading ${path}`, done: volume - job.first, total: job.last - job.first });
    // A series read to its last volume is read to its end, where gzip's checksum is.
    if (isDone() && !(stream.isGzipped && job.last === job.nVolumes)) break;
  }
  if (!isDone()) {
    throw new FormatError(
      path,
      `ends within volume ${volume + 1} of the ${job.nVolumes} its header speaks of`,
      'fetch it again',
    );
  }
}

function ascending(
  voxels: ArrayLike<number>,
  nPerVolume: number,
  path: string,
): { order: Int32Array; sorted: Float64Array } {
  const order = Int32Array.from({ length: voxels.length }, (_, v) => v);
  let isAscending = true;
  for (let v = 0; v < voxels.length; v++) {
    const voxel = voxels[v]!;
    if (!Number.isInteger(voxel) || voxel < 0 || voxel >= nPerVolume) {
      throw new InputError(`voxel ${v}`, voxel, `a position in 0 … ${nPerVolume - 1}, the volume of ${path}`);
    }
    if (v > 0 && voxel <= voxels[v - 1]!) isAscending = false;
  }
  if (!isAscending) order.sort((a, b) => voxels[a]! - voxels[b]!);
  const sorted = Float64Array.from(order, (v) => voxels[v]!);
  const twice = sorted.findIndex((voxel, v) => v > 0 && voxel === sorted[v - 1]);
  if (twice >= 0) throw new InputError(`voxel ${order[twice]}`, sorted[twice], 'given once');
  return { order, sorted };
}

type ElementReader = (view: DataView, at: number) => number;

function elementReader(type: ElementType, little: boolean): ElementReader {
  switch (type) {
    case 'float64':
      return (view, at) => view.getFloat64(at, little);
    case 'float32':
      return (view, at) => view.getFloat32(at, little);
    case 'int64':
      return (view, at) => Number(view.getBigInt64(at, little));
    case 'uint64':
      return (view, at) => Number(view.getBigUint64(at, little));
    case 'int32':
      return (view, at) => view.getInt32(at, little);
    case 'uint32':
      return (view, at) => view.getUint32(at, little);
    case 'int16':
      return (view, at) => view.getInt16(at, little);
    case 'uint16':
      return (view, at) => view.getUint16(at, little);
    case 'int8':
      return (view, at) => view.getInt8(at);
    case 'uint8':
      return (view, at) => view.getUint8(at);
    default:
      throw new InputError('element type', type, 'a NIfTI type');
  }
}

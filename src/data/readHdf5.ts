import { type Matrix, matrix, type NdArray, ndarray, sizeOf, type TypedArray } from '../util/array.js';
import { FormatError, InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { bytesPerElement } from './elements.js';
import { type Hdf5Dataset, withHdf5 } from './hdf5File.js';

/** Most bytes asked of the library at once: it keeps a copy, and gave zeros for half a gigabyte in one. */
const sliceBytes = 32 * 2 ** 20;

/** Names and shapes of the datasets of numbers in an HDF5 file. */
export async function listHdf5(
  path: string,
): Promise<{ name: string; shape: readonly number[]; type: string }[]> {
  return withHdf5(path, (file) =>
    file.names.flatMap((name) => {
      try {
        const { shape, type } = file.dataset(name);
        return [{ name, shape, type }];
      } catch {
        return []; // text, references and such: not numbers
      }
    }),
  );
}

/**
 * Reads one dataset of an HDF5 file (also a MATLAB 7.3 file) whole, C order. Numbers only; any byte order, chunking
 * and the filters of the HDF5 library (deflate, shuffle, Fletcher32).
 *
 * @throws FileError, FormatError (no such dataset, truncated, corrupt)
 */
export async function readHdf5(
  path: string,
  name: string,
  options: WorkOptions = {},
): Promise<NdArray<TypedArray>> {
  return withHdf5(path, async (file) => {
    const dataset = file.dataset(name);
    const { shape } = dataset;
    if (shape.length === 0 || sizeOf(shape) * bytesPerElement(dataset.type) <= sliceBytes) {
      return ndarray(
        dataset.slice(
          shape.map(() => 0),
          shape,
        ),
        shape,
      );
    }
    const nPerRow = sizeOf(shape.slice(1));
    const step = rowsPerSlice(dataset, nPerRow);
    let out: TypedArray | undefined;
    for (let row = 0; row < shape[0]!; row += step) {
      throwIfAborted(options.signal, `reading ${path}`);
      const end = Math.min(row + step, shape[0]!);
      const rows = dataset.slice([row, ...shape.slice(1).map(() => 0)], [end, ...shape.slice(1)]);
      out ??= new (rows.constructor as new (length: number) => TypedArray)(shape[0]! * nPerRow);
      (out as Float32Array).set(rows as Float32Array, row * nPerRow);
      options.onProgress?.({ label: `reading ${path}`, done: end, total: shape[0]! });
      await nextTurn();
    }
    return ndarray(out!, shape);
  });
}

export interface ReadHdf5MaskedOptions extends WorkOptions {
  /** Rows of the first axis: first (included), last (excluded). Defaults to all. */
  rows?: readonly [number, number];
}

/**
 * Reads chosen voxels of a dataset trials × Z × Y × X (as h5py and NSD see it), block by block: never more than
 * about 64 MB beside the result. Only the chunks that hold a chosen voxel are read, each once.
 *
 * @param voxels positions within one volume, `x + X·(y + Y·z)`: the same numbers as {@link readNiftiMasked} takes
 * @returns trials × nVoxels float32
 * @throws FileError; FormatError, also for a block that reads as zeros once and as values again; InputError
 * @example const session = await readHdf5Masked('betas_session01.hdf5', 'betas', voxels); // 750 × nVoxels
 */
export async function readHdf5Masked(
  path: string,
  name: string,
  voxels: ArrayLike<number>,
  options: ReadHdf5MaskedOptions = {},
): Promise<Matrix> {
  return withHdf5(path, async (file) => {
    const dataset = file.dataset(name);
    if (dataset.shape.length !== 4) {
      throw new FormatError(path, `${name} is ${dataset.shape.join(' × ')}`, 'it must be trials × Z × Y × X');
    }
    const [first, last] = options.rows ?? [0, dataset.shape[0]!];
    if (
      !(
        Number.isInteger(first) &&
        Number.isInteger(last) &&
        first >= 0 &&
        first <= last &&
        last <= dataset.shape[0]!
      )
    ) {
      throw new InputError(
        'rows',
        [first, last],
        `a range within 0 to ${dataset.shape[0]}, the trials of ${path}`,
      );
    }
    const out = matrix(last - first, voxels.length);
    const tiles = tilesOf(dataset, voxels);
    let done = 0;
    for (const tile of tiles) {
      const nPerRow = sizeOf(tile.end.map((end, axis) => end - tile.start[axis]!));
      const step = rowsPerSlice(dataset, nPerRow);
      for (let row = first; row < last; ) {
        throwIfAborted(options.signal, `reading ${path}`);
        // Up to the next border between chunks, so that none is inflated twice.
        const end = Math.min(last, (Math.floor(row / step) + 1) * step);
        checkedSlice(dataset, [row, ...tile.start], [end, ...tile.end], (block) => {
          for (let r = row; r < end; r++) {
            const [from, to] = [(r - row) * nPerRow, (r - first) * voxels.length];
            for (let m = 0; m < tile.members.length; m++) {
              out.data[to + tile.members[m]!] = Number(block[from + tile.offsets[m]!]);
            }
          }
        });
        row = end;
        await nextTurn();
      }
      options.onProgress?.({ label: `reading ${path}`, done: ++done, total: tiles.length });
    }
    return out;
  });
}

/** Rows of the first axis in one slice: whole chunks, within {@link sliceBytes} where they fit. */
function rowsPerSlice(dataset: Hdf5Dataset, nPerRow: number): number {
  const chunk = dataset.chunks?.[0] ?? 1;
  const rows = Math.floor(sliceBytes / (nPerRow * bytesPerElement(dataset.type)));
  return Math.max(chunk, Math.floor(rows / chunk) * chunk, 1);
}

/** A box of whole chunks, cut down to the voxels wanted in it. */
interface Tile {
  start: number[];
  end: number[];
  /** Places in `voxels`, and their positions within the box. */
  members: Int32Array;
  offsets: Int32Array;
}

function tilesOf(dataset: Hdf5Dataset, voxels: ArrayLike<number>): Tile[] {
  const [nz, ny, nx] = dataset.shape.slice(1) as [number, number, number];
  const lengths = [nz, ny, nx];
  // Without chunks whole slices of the volume are contiguous; with tiny ones a few are taken together.
  const size = lengths.map((length, axis) => {
    const chunk = dataset.chunks?.[axis + 1] ?? (axis === 0 ? 1 : length);
    return Math.min(length, chunk * Math.ceil(8 / chunk));
  });
  const nTiles = lengths.map((length, axis) => Math.ceil(length / size[axis]!));
  const members = new Map<number, number[]>();
  for (let v = 0; v < voxels.length; v++) {
    const voxel = voxels[v]!;
    if (!Number.isInteger(voxel) || voxel < 0 || voxel >= nz * ny * nx) {
      throw new InputError(
        `voxel ${v}`,
        voxel,
        `a position in 0 … ${nz * ny * nx - 1}, the volume of ${dataset.path}`,
      );
    }
    const at = zyx(voxel, ny, nx).map((index, axis) => Math.floor(index / size[axis]!));
    const tile = (at[0]! * nTiles[1]! + at[1]!) * nTiles[2]! + at[2]!;
    const list = members.get(tile);
    if (list) list.push(v);
    else members.set(tile, [v]);
  }
  return [...members]
    .sort(([a], [b]) => a - b)
    .map(([, list]) => {
      const positions = list.map((v) => zyx(voxels[v]!, ny, nx));
      const start = [0, 1, 2].map((axis) =>
        positions.reduce((least, p) => Math.min(least, p[axis]!), Infinity),
      );
      const end = [0, 1, 2].map((axis) => positions.reduce((most, p) => Math.max(most, p[axis]! + 1), 0));
      const [ySize, xSize] = [end[1]! - start[1]!, end[2]! - start[2]!];
      const offsets = positions.map(
        ([z, y, x]) => ((z - start[0]!) * ySize + (y - start[1]!)) * xSize + (x - start[2]!),
      );
      return { start, end, members: Int32Array.from(list), offsets: Int32Array.from(offsets) };
    });
}

const zyx = (voxel: number, ny: number, nx: number): [number, number, number] => {
  const rest = Math.floor(voxel / nx);
  return [Math.floor(rest / ny), rest % ny, voxel % nx];
};

/** Hands on a slice; if it is all zeros, its first row is read by itself and must be zeros too. */
function checkedSlice(
  dataset: Hdf5Dataset,
  start: number[],
  end: number[],
  use: (block: TypedArray) => void,
): void {
  const isEmpty = dataset.withSlice(start, end, (block) => {
    use(block);
    return isZero(block);
  });
  if (isEmpty && !dataset.withSlice(start, [start[0]! + 1, ...end.slice(1)], isZero)) {
    throw new FormatError(
      dataset.path,
      `${dataset.name} read as zeros where it has values`,
      'free some memory and try again',
    );
  }
}

function isZero({ buffer, byteOffset, byteLength }: TypedArray): boolean {
  const isAligned = byteOffset % 4 === 0 && byteLength % 4 === 0;
  const words = isAligned
    ? new Uint32Array(buffer, byteOffset, byteLength / 4)
    : new Uint8Array(buffer, byteOffset, byteLength);
  // A negative zero counts as a value here: it was written.
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) return false;
  return true;
}

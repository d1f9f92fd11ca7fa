import { sizeOf, type TypedArray } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { bytesPerElement, type ElementType, stores } from './elements.js';
import { withFile } from './file.js';

/** A dataset of numbers in an HDF5 file that is open. */
export interface Hdf5Dataset {
  readonly path: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** Shape of the chunks in which it is stored, or undefined if it is stored in one piece. */
  readonly chunks?: readonly number[];
  /** Reads a block: from `start` (included) to `end` (excluded) on every axis; C order. */
  slice(start: readonly number[], end: readonly number[]): TypedArray;
  /** The same, handed to `use` where the library put it, without a copy: it must not be kept beyond the call. */
  withSlice<T>(start: readonly number[], end: readonly number[], use: (block: TypedArray) => T): T;
}

export interface Hdf5File {
  /** Names of all datasets, groups before them: `vmap/Label/1.0`. */
  readonly names: readonly string[];
  dataset(name: string): Hdf5Dataset;
}

/** The file's signature lies at byte 0, or at 512, 1024, … behind a user block. */
const signature = Buffer.from('\x89HDF\r\n\x1a\n', 'latin1');

type H5wasm = typeof import('h5wasm/node');
let library: Promise<H5wasm> | undefined;

/** Loads the HDF5 library once; its errors are thrown instead of printed. */
export function loadHdf5(): Promise<H5wasm> {
  library ??= import('h5wasm/node').then(async (h5wasm) => {
    const module = await h5wasm.ready;
    module.activate_throwing_error_handler();
    return h5wasm;
  });
  return library;
}

/** Opens an HDF5 file, hands it to `use`, and closes it whatever happens. Nothing is read but what is asked for. */
export async function withHdf5<T>(path: string, use: (file: Hdf5File) => T | Promise<T>): Promise<T> {
  await withFile(path, async (file) => {
    for (let at = 0; at + 8 <= file.size; at = at === 0 ? 512 : 2 * at) {
      const bytes = new Uint8Array(8);
      await file.read(at, bytes);
      if (signature.equals(bytes)) return;
    }
    throw new FormatError(path, 'is not an HDF5 file: it lacks the signature', 'fetch it again');
  });
  const h5wasm = await loadHdf5();
  const module = await h5wasm.ready;
  const file = guarded(path, 'cannot be opened', () => new h5wasm.File(path, 'r'));
  try {
    return await use({
      get names() {
        return guarded(path, 'cannot be listed', () =>
          file.paths().filter((name) => file.get(name) instanceof h5wasm.Dataset),
        );
      },
      dataset: (name) => openDataset(h5wasm, module, file, path, name),
    });
  } finally {
    file.close();
  }
}

/** Runs a call into the library; what it throws becomes a named error with its last line. */
function guarded<T>(path: string, problem: string, call: () => T): T {
  try {
    return call();
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const lines = String((error as Error)?.message ?? error).split('\n');
    const reason =
      lines
        .filter((line) => /^\s*#\d+:/.test(line))
        .at(-1)
        ?.replace(/^.*?\):\s*/, '') ?? lines[0]!;
    throw new FormatError(
      path,
      `${problem} (${reason.trim()})`,
      'it may be truncated or corrupt: fetch it again',
      error,
    );
  }
}

function openDataset(
  h5wasm: H5wasm,
  module: Awaited<H5wasm['ready']>,
  file: InstanceType<H5wasm['File']>,
  path: string,
  name: string,
): Hdf5Dataset {
  const entity = guarded(path, `${name} cannot be opened`, () => {
    return file.paths().includes(name.replace(/^\//, '')) ? file.get(name) : null;
  });
  if (!(entity instanceof h5wasm.Dataset)) {
    throw new FormatError(
      path,
      `has no dataset "${name}"`,
      `it has ${file.paths().slice(0, 10).join(', ') || 'none'}`,
    );
  }
  const { shape, type, signed, size, chunks } = guarded(
    path,
    `${name} cannot be read`,
    () => entity.metadata,
  );
  const store = numberType(type, signed, size);
  if (!store || !shape) throw new FormatError(path, `dataset ${name} holds no real numbers`);
  const slice = (start: readonly number[], end: readonly number[]): TypedArray => {
    const ranges = shape.map((_, axis): [number, number] => [start[axis]!, end[axis]!]);
    const data = guarded(path, `${name} cannot be read`, () =>
      shape.length ? entity.slice(ranges) : entity.value,
    );
    const array = ArrayBuffer.isView(data) ? (data as TypedArray) : scalar(data, store);
    const expected = sizeOf(shape.map((_, axis) => end[axis]! - start[axis]!));
    if (array.length !== expected) {
      throw new FormatError(path, `${name} gave ${array.length} of ${expected} values`, 'fetch it again');
    }
    return array;
  };
  return {
    ...{ path, name, shape, type: store, chunks: chunks ?? undefined, slice },
    withSlice(start, end, use) {
      // Enumerations and scalars are rare and small: through the library's own conversion.
      if (shape.length === 0 || (type !== 0 && type !== 1)) return use(slice(start, end));
      return readInPlace(module, entity, { path, name, store }, start, end, use);
    },
  };
}

/** Reads a block into the library's memory and shows it there: half as many passes over it as `slice` takes. */
function readInPlace<T>(
  module: Awaited<H5wasm['ready']>,
  { file_id, path: entry }: InstanceType<H5wasm['Dataset']>,
  { path, name, store }: { path: string; name: string; store: ElementType },
  start: readonly number[],
  end: readonly number[],
  use: (block: TypedArray) => T,
): T {
  const count = start.map((first, axis) => BigInt(end[axis]! - first));
  const offset = start.map(BigInt);
  const strides = start.map(() => 1n);
  const n = count.reduce((product, each) => product * Number(each), 1);
  const at = guarded(path, `${name} cannot be read`, () => {
    const place = module._malloc(n * bytesPerElement(store));
    if (place === 0) throw new Error('out of memory');
    return place;
  });
  try {
    // What the library leaves out must read as zeros, not as what was here before.
    module.HEAPU8.fill(0, at, at + n * bytesPerElement(store));
    guarded(path, `${name} cannot be read`, () => {
      const status = module.get_dataset_data(file_id, entry, count, offset, strides, BigInt(at));
      if (status < 0) throw new Error(`the library gave ${status}`);
    });
    // The library's memory may have grown and moved: its buffer is asked for only now.
    return use(new stores[store](module.HEAPU8.buffer, at, n));
  } finally {
    module._free(at);
  }
}

function numberType(type: number, signed: boolean, size: number): ElementType | undefined {
  if (type === 1) return size === 8 ? 'float64' : size === 4 ? 'float32' : undefined;
  // Integers, and enumerations such as h5py's booleans.
  if (type !== 0 && type !== 8) return undefined;
  return [1, 2, 4, 8].includes(size) ? (`${signed ? 'int' : 'uint'}${8 * size}` as ElementType) : undefined;
}

function scalar(value: unknown, type: ElementType): TypedArray {
  if (typeof value === 'bigint')
    return type === 'uint64' ? BigUint64Array.of(value) : BigInt64Array.of(value);
  return Float64Array.of(Number(value));
}

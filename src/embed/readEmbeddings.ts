import { extname } from 'node:path';
import { listHdf5, readHdf5, readNpy, readNpz, readSafetensors } from '../data/index.js';
import {
  FormatError,
  InputError,
  type Matrix,
  type NdArray,
  type TypedArray,
  takeRows,
  toMatrix,
} from '../util/index.js';

/** Options of {@link readEmbeddings}. */
export interface ReadEmbeddingsOptions {
  /** Which array of the file; default the only one of two axes. */
  name?: string;
  /** Names of the stimuli in the order wanted. */
  stimuli?: readonly string[];
  /** Names of the file's rows; default the JSON list in a safetensors file's metadata entry `rows`, if there is one. */
  rowNames?: readonly string[];
  /** Rows that there must be; default the number of stimuli. */
  nRows?: number;
  /** Dimensions that the embeddings must have; default any. */
  nDims?: number;
}

/**
 * Imports embeddings made elsewhere: `.npy`, `.npz`, `.safetensors` or HDF5 (`.h5`, `.hdf5`, `.mat` 7.3), of any real element
 * type, as float32.
 *
 * A wrong row order is the one mistake that no later number shows. With `stimuli` and names of the rows, rows are put into
 * the stimuli's order, and a name that is missing or twice there is an error; without names only their number is checked.
 *
 * @returns nStimuli × nDims
 * @throws FileError, FormatError: no such array, several to choose from, a wrong number of rows or dimensions, a value
 *   that is not finite or a row of zeros (both with its row), names that do not match
 * @example
 * const embeddings = await readEmbeddings('clip.npz', { name: 'image_embeds', nRows: 73_000 });
 */
export async function readEmbeddings(path: string, options: ReadEmbeddingsOptions = {}): Promise<Matrix> {
  const { array, names } = await readArray(path, options.name);
  if (array.shape.length !== 2) {
    throw new FormatError(path, `holds an array of ${array.shape.join(' × ')}; must be stimuli × dimensions`);
  }
  const found = toMatrix(array, path);
  const rowNames = options.rowNames ?? names;
  const { stimuli, nDims } = options;
  if (rowNames && rowNames.length !== found.shape[0]) {
    throw new FormatError(path, `has ${found.shape[0]} rows, but there are ${rowNames.length} names of rows`);
  }
  const nRows = options.nRows ?? (rowNames ? undefined : stimuli?.length);
  if (nRows !== undefined && found.shape[0] !== nRows) {
    throw new FormatError(
      path,
      `has ${found.shape[0]} rows; must have ${nRows}`,
      'use the embeddings of these stimuli',
    );
  }
  if (nDims !== undefined && found.shape[1] !== nDims) {
    throw new FormatError(
      path,
      `has ${found.shape[1]} dimensions; must have ${nDims}`,
      'use those of one model',
    );
  }
  checkRows(found, path);
  return stimuli && rowNames ? takeRows(found, orderRows(path, stimuli, rowNames)) : found;
}

async function readArray(
  path: string,
  name?: string,
): Promise<{ array: NdArray<TypedArray>; names?: string[] }> {
  const extension = extname(path).toLowerCase();
  if (extension === '.npy') return { array: await readNpy(path) };
  if (extension === '.npz')
    return { array: pick(path, await readNpz(path, name ? { names: [name] } : {}), name) };
  if (extension === '.safetensors') {
    const { tensors, metadata } = await readSafetensors(path);
    const rows = metadata['rows'];
    return {
      array: pick(path, tensors, name),
      names: rows === undefined ? undefined : parseNames(path, rows),
    };
  }
  if (['.h5', '.hdf5', '.mat'].includes(extension)) {
    const matrices = (await listHdf5(path)).filter(({ shape }) => shape.length === 2);
    const chosen =
      name ??
      onlyOne(
        path,
        matrices.map((dataset) => dataset.name),
      );
    return { array: await readHdf5(path, chosen) };
  }
  throw new InputError('embeddings file', path, 'named .npy, .npz, .safetensors, .h5, .hdf5 or .mat');
}

function pick(
  path: string,
  arrays: ReadonlyMap<string, NdArray<TypedArray>>,
  name?: string,
): NdArray<TypedArray> {
  const matrices = [...arrays].filter(([, { shape }]) => shape.length === 2).map(([own]) => own);
  const array = arrays.get(name ?? onlyOne(path, matrices));
  if (array) return array;
  throw new FormatError(path, `has no array "${name}"`, `it has ${[...arrays.keys()].join(', ')}`);
}

function onlyOne(path: string, names: readonly string[]): string {
  if (names.length === 1) return names[0]!;
  throw new FormatError(
    path,
    `has ${names.length} arrays of two axes`,
    `name one of ${names.join(', ') || '(none)'}`,
  );
}

function parseNames(path: string, text: string): string[] {
  try {
    const names = JSON.parse(text);
    if (Array.isArray(names)) return names.map(String);
  } catch {}
  throw new FormatError(path, 'its metadata entry "rows" is no JSON list');
}

function checkRows({ data, shape }: Matrix, path: string): void {
  for (let row = 0; row < shape[0]; row++) {
    let squared = 0;
    for (let i = row * shape[1]; i < (row + 1) * shape[1]; i++) squared += data[i]! * data[i]!;
    if (squared > 0 && squared < Infinity) continue;
    const problem = squared === 0 ? 'is all zero' : 'has a value that is not finite';
    throw new FormatError(path, `row ${row} ${problem}`, 'embed that stimulus again');
  }
}

/** For each stimulus, its row in the file. */
function orderRows(path: string, stimuli: readonly string[], rowNames: readonly string[]): Int32Array {
  const rowOf = new Map<string, number>();
  for (const [row, name] of rowNames.entries()) {
    if (rowOf.has(name))
      throw new FormatError(path, `names "${name}" twice, in rows ${rowOf.get(name)} and ${row}`);
    rowOf.set(name, row);
  }
  return Int32Array.from(stimuli, (name) => {
    const row = rowOf.get(name);
    if (row === undefined) throw new FormatError(path, `has no row for the stimulus "${name}"`);
    return row;
  });
}

import { readFile } from 'node:fs/promises';
import { readNpy, readTable } from '../data/index.js';
import {
  FileError,
  FormatError,
  InputError,
  isSharedConceptsError,
  type Matrix,
  ndarray,
  toMatrix,
} from '../util/index.js';
import type { OptionValues } from './command.js';

/** The value of an option that must be there. */
export function requiredOption(options: OptionValues, name: string): string {
  const value = options[name];
  if (typeof value === 'string' && value !== '') return value;
  throw new InputError(`--${name}`, value, 'given', 'see --help');
}

/** Reads rows of float32 vectors from npy (one axis: one row); every value must be finite. */
export async function readRowsFile(path: string): Promise<Matrix> {
  const array = await readNpy(path);
  const rows = toMatrix(array.shape.length === 1 ? ndarray(array.data, [1, array.shape[0]!]) : array, path);
  if (rows.data.length === 0) throw new FormatError(path, `is empty (${rows.shape.join(' × ')})`);
  const bad = rows.data.findIndex((value) => value - value !== 0);
  if (bad < 0) return rows;
  const [row, column] = [Math.floor(bad / rows.shape[1]), bad % rows.shape[1]];
  throw new FormatError(path, `row ${row}, column ${column} is ${rows.data[bad]}; must be finite`);
}

/** Words of a text file, one a line, or of the column `word` of a tsv or csv. */
export async function readWords(path: string): Promise<string[]> {
  if (/\.[tc]sv$/i.test(path)) {
    const table = await readTable(path, { text: ['word'] });
    if (table.columnNames().includes('word')) return Array.from(table.array('word') as string[]);
    throw new FormatError(path, `has no column "word", but ${table.columnNames().join(', ')}`);
  }
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw new FileError(path, cause.code === 'ENOENT' ? 'is missing' : 'cannot be read', undefined, cause);
  });
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/** Runs work on rows of a file; a complaint about a row then names the file. */
export async function namingFile<T>(files: Record<string, string>, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isSharedConceptsError(error) || error.tag !== 'input') throw error;
    const about = Object.entries(files).find(([what]) => error.what?.includes(what));
    throw about ? new FormatError(about[1], error.message, undefined, error) : error;
  }
}

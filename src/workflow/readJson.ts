import { readFile } from 'node:fs/promises';
import { FileError, FormatError } from '../util/errors.js';

/** Reads a JSON file that the toolkit wrote itself; its shape is trusted. */
export async function readJson<T>(path: string): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    throw new FileError(path, 'is missing', undefined, cause);
  }
  try {
    return JSON.parse(text) as T;
  } catch (cause) {
    throw new FormatError(path, 'is not JSON', undefined, cause);
  }
}

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSharedConceptsError } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

/** A file of these bytes, in a folder of its own. */
export function fileOf(bytes: Uint8Array | string, name = 'file'): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** A copy with the byte at a place changed by a mask of bits. */
export function flipped(bytes: Uint8Array, at: number, mask: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= mask;
  return copy;
}

/** Reads damaged bytes: they may still give a reading; what they throw must be an error of ours. */
export async function readsOrNames(
  read: (path: string) => Promise<unknown>,
  path: string,
  bytes: Uint8Array,
  what: string,
): Promise<void> {
  writeFileSync(path, bytes);
  try {
    await read(path);
  } catch (error) {
    if (!isSharedConceptsError(error)) throw new Error(what, { cause: error });
  }
}

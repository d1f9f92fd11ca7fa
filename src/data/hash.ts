import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { throwIfAborted, type WorkOptions } from '../util/index.js';
import { fileError } from './file.js';

/**
 * SHA-256 of a file's content as 64 hexadecimal digits, read in blocks (any size, about 1 MB of memory).
 *
 * @throws FileError if the file is missing or cannot be read; AbortedError
 */
export async function sha256File(path: string, { signal, onProgress }: WorkOptions = {}): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  try {
    for await (const block of createReadStream(path, { highWaterMark: 2 ** 20 })) {
      throwIfAborted(signal, `hashing ${path}`);
      hash.update(block);
      done += block.length;
      onProgress?.({ label: `hashing ${path}`, done });
    }
  } catch (error) {
    throw fileError(path, 'cannot be read', error);
  }
  return hash.digest('hex');
}

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { FormatError, throwIfAborted } from '../util/errors.js';
import { fileError, readBytes, withFile } from './file.js';

/** The content of a file, decompressed if it is gzipped, in pieces of about 1 MB. */
export interface ByteStream {
  readonly path: string;
  readonly isGzipped: boolean;
  /** Bytes the file has on disk. */
  readonly fileSize: number;
  /** Most bytes the content can have: the file's own, or the most that deflate could have packed into it. */
  readonly maxBytes: number;
  /** The content from byte `start` on. A gzipped file is inflated from its beginning. */
  chunks(start?: number, signal?: AbortSignal): AsyncGenerator<Uint8Array, void>;
}

const chunkBytes = 1 << 20;
/** Deflate packs at most 1,032 bytes into one. */
const maxRatio = 1032;

/** Opens a file as a stream of its content; gzip is told by its first two bytes, not by the name. */
export async function openByteStream(path: string): Promise<ByteStream> {
  const { isGzipped, fileSize } = await withFile(path, async (file) => {
    const start = new Uint8Array(Math.min(2, file.size));
    await file.read(0, start);
    return { isGzipped: start[0] === 0x1f && start[1] === 0x8b, fileSize: file.size };
  });
  return {
    path,
    isGzipped,
    fileSize,
    maxBytes: isGzipped ? fileSize * maxRatio : fileSize,
    chunks: isGzipped
      ? (start = 0, signal) => inflated(path, start, signal)
      : (start = 0, signal) => plain(path, start, fileSize, signal),
  };
}

async function* plain(
  path: string,
  start: number,
  size: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  if (start >= size) return;
  try {
    for await (const chunk of createReadStream(path, { start, highWaterMark: chunkBytes })) {
      throwIfAborted(signal, `reading ${path}`);
      yield chunk as Uint8Array;
    }
  } catch (error) {
    throw fileError(path, 'cannot be read', error);
  }
}

async function* inflated(
  path: string,
  start: number,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  const gunzip = createGunzip({ chunkSize: chunkBytes });
  pipeline(createReadStream(path, { highWaterMark: chunkBytes }), gunzip, () => {});
  let skip = start;
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) {
      throwIfAborted(signal, `reading ${path}`);
      if (skip >= chunk.length) skip -= chunk.length;
      else {
        yield skip ? chunk.subarray(skip) : chunk;
        skip = 0;
      }
    }
  } catch (error) {
    throw inflateError(path, error);
  } finally {
    gunzip.destroy();
  }
}

function inflateError(path: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException)?.code ?? '';
  if (!code.startsWith('Z_')) return fileError(path, 'cannot be read', error);
  const problem =
    code === 'Z_BUF_ERROR' ? 'its gzip data end too early' : `its gzip data are corrupt (${code})`;
  return new FormatError(path, problem, 'fetch it again', error);
}

/** The first `length` bytes of the content, or fewer if it ends before. */
export async function readStart(stream: ByteStream, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length);
  let done = 0;
  for await (const chunk of stream.chunks()) {
    const part = chunk.subarray(0, length - done);
    out.set(part, done);
    done += part.length;
    if (done === length) break;
  }
  return out.subarray(0, done);
}

/** The whole content of a file in memory, decompressed if it is gzipped. */
export async function readContent(path: string): Promise<Uint8Array> {
  const stream = await openByteStream(path);
  if (!stream.isGzipped) return readBytes(path);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream.chunks()) chunks.push(chunk);
  return Buffer.concat(chunks);
}

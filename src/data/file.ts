import { type FileHandle, open } from 'node:fs/promises';
import { FileError, FormatError, ResourceError } from '../util/errors.js';

/** A file open for reading, its size known. */
export interface OpenFile {
  readonly path: string;
  readonly size: number;
  /** Fills `bytes` from `position`; throws {@link FormatError} if the file ends before. */
  read(position: number, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

/** One read call moves at most this much: Node takes no more than 2^31 − 1 bytes at once. */
const READ_BYTES = 2 ** 30;

/** Opens a regular file to read parts of it; throws {@link FileError} if it is missing or is no file. */
export async function openFile(path: string): Promise<OpenFile> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(path, 'r');
    const stat = await handle.stat();
    if (!stat.isFile()) throw new FileError(path, 'is not a regular file');
    return openedFile(path, handle, stat.size);
  } catch (error) {
    await handle?.close();
    throw fileError(path, 'cannot be read', error);
  }
}

function openedFile(path: string, handle: FileHandle, size: number): OpenFile {
  return {
    path,
    size,
    async read(position, bytes) {
      let done = 0;
      while (done < bytes.length) {
        const length = Math.min(READ_BYTES, bytes.length - done);
        let bytesRead: number;
        try {
          ({ bytesRead } = await handle.read(bytes, done, length, position + done));
        } catch (error) {
          throw fileError(path, 'cannot be read', error);
        }
        if (bytesRead === 0) {
          throw new FormatError(path, `ends at byte ${position + done}, within the data`, 'fetch it again');
        }
        done += bytesRead;
      }
    },
    close: () => handle.close(),
  };
}

/** Opens a file, hands it to `use`, and closes it whatever happens. */
export async function withFile<T>(path: string, use: (file: OpenFile) => Promise<T>): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** The whole of a file in memory (files over 2 GiB too, which `fs.readFile` refuses). */
export function readBytes(path: string): Promise<Uint8Array> {
  return withFile(path, async (file) => {
    const bytes = new Uint8Array(file.size);
    await file.read(0, bytes);
    return bytes;
  });
}

/** Writes all of `bytes`, in pieces that one call may take. */
export async function writeAll(handle: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const length = Math.min(READ_BYTES, bytes.length - done);
    const at = position === undefined ? null : position + done;
    done += (await handle.write(bytes, done, length, at)).bytesWritten;
  }
}

/** A system error as one of ours, named and with its fix; an error of ours passes as it is. */
export function fileError(path: string, problem: string, error: unknown): Error {
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === 'ENOENT') return new FileError(path, 'is missing', undefined, error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new ResourceError(path, 'more disk space', 'none', 'free some space or choose another folder');
  }
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') {
    return new FileError(path, `${problem}: no permission`, 'check its owner and mode', error);
  }
  if (code === 'ENOTDIR' || code === 'EISDIR' || code === 'EMFILE' || code === 'EIO') {
    return new FileError(path, `${problem}: ${(error as Error).message}`, undefined, error);
  }
  return error as Error;
}

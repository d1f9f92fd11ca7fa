import { open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { AbortedError, FileError, throwIfAborted } from '../util/errors.js';
import { checkStatus, networkError, rangeOf, Transient, wrongHash, wrongSize } from './downloadAnswer.js';
import { fileError, writeAll } from './file.js';
import { sha256File } from './hash.js';

/** What to download, and how patiently. */
export interface DownloadOptions {
  /** Bytes and SHA-256 that the file must have, where known. */
  size?: number;
  sha256?: string;
  /** Tries after the last one that brought any byte; default 5. */
  retries?: number;
  /** Wait before the first retry, doubled for each further one up to 30 s; default 500. */
  retryDelayMs?: number;
  /** A connection that brings nothing for this long is given up; default 30000. */
  stallMs?: number;
  signal?: AbortSignal;
  /** Called with the bytes that are there, and those that will be where the server says. */
  onBytes?: (done: number, total?: number) => void;
}

/** What a finished download was. */
export interface Downloaded {
  size: number;
  sha256: string;
  etag?: string;
  lastModified?: string;
}

/** What is known of a partial download: written beside it, so that another process can go on. */
interface Part {
  url: string;
  etag?: string;
  lastModified?: string;
}

/**
 * Downloads one file to `path`. Bytes gather in `path.part`; the file gets its name when its size and hash are
 * right and it is flushed to disk. A partial download, of this process or an earlier one, is resumed where the
 * server allows it and the file there is still the same (If-Range with its strong ETag or its date).
 *
 * @throws FileError (not there, not allowed, no network, gives up), FormatError (other size or hash than it must
 *   have), ResourceError (disk full), AbortedError; what has arrived stays in `path.part` unless it was wrong
 */
export async function download(
  url: string,
  path: string,
  options: DownloadOptions = {},
): Promise<Downloaded> {
  const { retries = 5, retryDelayMs = 500, signal } = options;
  const what = `fetching ${url}`;
  let failures = 0;
  let anew = false;
  for (;;) {
    throwIfAborted(signal, what);
    const before = await sizeOfPart(path);
    try {
      const part = await transfer(url, path, options, anew);
      const finished = await finish(url, path, part, options);
      if (finished) return finished;
      if (anew) throw wrongHash(url, await sha256File(`${path}.part`), options.sha256!, path);
      // A wrong hash may come from a damaged piece: everything once more, from the start.
      anew = true;
    } catch (error) {
      if (signal?.aborted) throw new AbortedError(what);
      if (!(error instanceof Transient)) throw fileError(path, 'cannot be written', error);
      failures = (await sizeOfPart(path)) > before ? 1 : failures + 1;
      if (failures > retries) {
        throw new FileError(
          url,
          error.message,
          'try again later, or give a folder that holds the file (--from)',
          error,
        );
      }
      await pause(error.waitMs ?? Math.min(30_000, retryDelayMs * 2 ** (failures - 1)), signal);
    }
  }
}

/** One try: brings `path.part` to its end, or throws. */
async function transfer(url: string, path: string, options: DownloadOptions, anew: boolean): Promise<Part> {
  const partPath = `${path}.part`;
  const known = anew ? undefined : await readPart(path, url);
  const validator = known?.etag?.startsWith('W/') ? known.lastModified : (known?.etag ?? known?.lastModified);
  // Without a validator only a hash can tell a mixture of two versions from the file.
  const there = known && (validator || options.sha256) ? await sizeOfPart(path) : 0;
  if (known && there > 0 && there === options.size) return known;
  const start = options.size !== undefined && there > options.size ? 0 : there;
  const stall = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stall.abort(), options.stallMs ?? 30_000);
  };
  let response: Response | undefined;
  try {
    alive();
    response = await fetch(url, {
      headers: {
        'accept-encoding': 'identity',
        ...(start > 0 && { range: `bytes=${start}-` }),
        ...(start > 0 && validator && { 'if-range': validator }),
      },
      signal: AbortSignal.any([stall.signal, ...(options.signal ? [options.signal] : [])]),
    });
    alive();
    checkStatus(url, response, start);
    const part: Part = {
      url,
      etag: response.headers.get('etag') ?? undefined,
      lastModified: response.headers.get('last-modified') ?? undefined,
    };
    if (response.headers.has('content-encoding'))
      throw new FileError(url, 'is sent re-encoded by its server');
    const range = rangeOf(response);
    // Nothing after the last byte: the part is whole, though no one had said how long it is.
    if (response.status === 416 && known && range?.total === start) return known;
    const isSame = (['etag', 'lastModified'] as const).every(
      (key) => (known?.[key] ?? part[key]) === part[key],
    );
    const isRest = response.status === 206 && range?.start === start && isSame;
    if (response.status !== 200 && !isRest) {
      await rm(partPath, { force: true });
      throw new Transient('sends another part than was asked for', 0);
    }
    const length = response.headers.get('content-length');
    const total = range?.total ?? (length === null ? undefined : (isRest ? start : 0) + Number(length));
    if (total !== undefined && options.size !== undefined && total !== options.size) {
      await rm(partPath, { force: true });
      throw wrongSize(url, total, options.size);
    }
    if (!isRest) await writeFile(`${partPath}.json`, JSON.stringify(part));
    const done = await append(
      url,
      partPath,
      response,
      isRest ? start : 0,
      total ?? options.size,
      options,
      alive,
    );
    const expected = options.size ?? total;
    if (expected !== undefined && done < expected)
      throw new Transient(`ends after ${done} of ${expected} bytes`);
    return part;
  } catch (error) {
    // An answer that is not read would keep its connection open.
    await response?.body?.cancel().catch(() => undefined);
    throw networkError(error, stall.signal.aborted);
  } finally {
    clearTimeout(timer);
  }
}

/** Writes a response's body after the first `start` bytes of the part; returns the part's size. */
async function append(
  url: string,
  partPath: string,
  response: Response,
  start: number,
  total: number | undefined,
  { size, onBytes }: DownloadOptions,
  alive: () => void,
): Promise<number> {
  const handle = await open(partPath, start > 0 ? 'r+' : 'w');
  let done = start;
  try {
    onBytes?.(done, total);
    for await (const block of (response.body ?? []) as unknown as AsyncIterable<Uint8Array>) {
      alive();
      if (size !== undefined && done + block.length > size) throw wrongSize(url, done + block.length, size);
      await writeAll(handle, block, done);
      done += block.length;
      onBytes?.(done, total);
    }
    await handle.sync();
    return done;
  } finally {
    await handle.close();
  }
}

/** Gives a complete part its name; undefined if its hash is wrong. */
async function finish(
  url: string,
  path: string,
  { etag, lastModified }: Part,
  options: DownloadOptions,
): Promise<Downloaded | undefined> {
  const { size } = await stat(`${path}.part`);
  if (options.size !== undefined && size !== options.size) throw wrongSize(url, size, options.size);
  const sha256 = await sha256File(`${path}.part`, { signal: options.signal });
  if (options.sha256 && sha256 !== options.sha256) return undefined;
  await rename(`${path}.part`, path);
  await rm(`${path}.part.json`, { force: true });
  return { size, sha256, etag, lastModified };
}

async function readPart(path: string, url: string): Promise<Part | undefined> {
  try {
    const part = JSON.parse(await readFile(`${path}.part.json`, 'utf8')) as Part;
    return part.url === url ? part : undefined;
  } catch {
    return undefined;
  }
}

async function sizeOfPart(path: string): Promise<number> {
  return (await stat(`${path}.part`).catch(() => undefined))?.size ?? 0;
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done, { once: true });
  });
}

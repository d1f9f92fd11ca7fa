import { constants, copyFile, link, mkdir, stat } from 'node:fs/promises';
import { basename, join, sep } from 'node:path';
import { withLock } from '../study/lock.js';
import { FileError, FormatError, isSharedConceptsError } from '../util/errors.js';
import { inParallel } from '../util/inParallel.js';
import type { WorkOptions } from '../util/progress.js';
import { acceptedTerms } from './acceptedTerms.js';
import { announcedSizes } from './announcedSizes.js';
import { cacheFolder } from './cacheFolder.js';
import { checkSpace, type FetchPlan } from './diskSpace.js';
import { download } from './download.js';
import { checkFile, readRecord, recordPath, writeRecord } from './fetchRecord.js';
import { findFiles } from './findFiles.js';
import { loadManifest, type Manifest } from './manifest.js';
import { type FileSelection, manifestFiles, type WantedFile } from './manifestFiles.js';
import { writeAtomically } from './writeAtomically.js';

/** What to fetch, from where, and how patiently. */
export interface FetchOptions extends FileSelection, WorkOptions {
  /** Cache folder; default {@link cacheFolder}. It may be read-only if all that is wanted is in it. */
  cache?: string;
  /** Folders to take files from first, found by name at any depth and checked like downloads. */
  from?: readonly string[];
  /** That the terms of the data set have been read and are accepted; default false. Once accepted is recorded. */
  acceptTerms?: boolean;
  /** Called before anything is fetched with what is to come, and what is free on the disk. */
  onPlan?: (plan: FetchPlan, manifest: Manifest) => void;
  /** Hash every file again, also those that have not changed since they were last checked; default false. */
  verify?: boolean;
  /** Use what is there and never the network; default false. */
  offline?: boolean;
  /** Files downloaded at a time; default 4. */
  connections?: number;
  /** Tries of a file after the last one that brought any byte; default 5. */
  retries?: number;
  /** Wait before the first retry in milliseconds, doubled for each further one; default 500. */
  retryDelayMs?: number;
  /** A connection that brings nothing for this long is given up and tried again; default 30000. */
  stallMs?: number;
}

/** One file of a data set, here and checked. */
export interface FetchedFile {
  /** Path in the data set. */
  readonly path: string;
  /** Absolute path on this machine. */
  readonly local: string;
  readonly size: number;
  readonly sha256: string;
  /** Where it came from: the cache, a folder of `from`, or the network. */
  readonly source: 'cache' | 'folder' | 'network';
}

/** A data set, or the part of it that was asked for. */
export interface FetchedData {
  readonly manifest: Manifest;
  readonly cache: string;
  /** The files by their path in the data set, in the manifest's order. */
  readonly files: ReadonlyMap<string, FetchedFile>;
}

/**
 * Brings a data set's files onto this machine. A file is taken from its place in the cache (`CACHE/NAME/PATH`), from
 * a folder of `from` (linked or copied into the cache), from anywhere else in the cache (by name and content), or
 * downloaded: in parallel, resumed where an earlier download stopped, and named only when size and SHA-256 are right.
 * What the manifest has no hash for is recorded when first seen and must stay the same from then on.
 * Sizes that the manifest lacks are asked of the server, and disk space is checked, before. Stopping keeps what has arrived for the next call.
 *
 * @param data name of a manifest, path of a manifest file, or a manifest
 * @throws InputError (unknown name, participant or session; terms not accepted), FileError (no network, not there,
 *   not allowed), FormatError (corrupt or changed), ResourceError (disk), AbortedError
 * @example
 * const { files } = await fetchManifest('finger7t');
 * const mat = await readMat(files.get('recipe_finger/data_recipe_finger7T.mat')!.local);
 */
export async function fetchManifest(
  data: string | Manifest,
  options: FetchOptions = {},
): Promise<FetchedData> {
  const manifest = typeof data === 'string' ? await loadManifest(data) : data;
  const cache = options.cache ?? cacheFolder();
  const folder = join(cache, manifest.name);
  const wanted = manifestFiles(manifest, options);
  const found = new Map<string, FetchedFile>();
  const missing = () => wanted.filter(({ path }) => !found.has(path));
  const problems: string[] = [];
  for (const file of wanted) {
    const local = join(folder, file.path);
    if (!(await isFile(local))) continue;
    const fetched = await accept(file, local, folder, options);
    if (typeof fetched === 'object') found.set(file.path, fetched);
    else problems.push(`${local} ${fetched}`);
  }
  if (missing().length) await findLocally(missing(), cache, folder, options, found);
  if (missing().length && options.offline) {
    const names = missing().map(({ path }) => path);
    const some = `${names.slice(0, 3).join(', ')}${names.length > 3 ? ` and ${names.length - 3} more` : ''}`;
    const why = problems.length ? ` (${problems[0]})` : '';
    throw new FileError(some, `is not in the cache${why}`, `run "sdc fetch ${manifest.name}"`);
  }
  if (missing().length) await fetchMissing(manifest, missing(), folder, options, found);
  return { manifest, cache, files: new Map(wanted.map(({ path }) => [path, found.get(path)!])) };
}

const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;

/**
 * A file of the cache as fetched, or what is wrong with it. Its record is written if it is new, but not for what was
 * put elsewhere in the cache and has a hash in the manifest: a folder that was seeded stays as it is.
 */
async function accept(
  file: WantedFile,
  local: string,
  folder: string,
  options: FetchOptions,
): Promise<FetchedFile | string> {
  const record = await readRecord(folder, file);
  const { problem, size, sha256, mtimeMs } = await checkFile(file, local, record, options);
  if (problem) return problem;
  const isRecorded = record?.local === local && record.mtimeMs === mtimeMs;
  if (!isRecorded && (!file.sha256 || local === join(folder, file.path))) {
    await writeRecord(folder, file, { url: file.url, ...record, local, size, sha256, mtimeMs });
  }
  return { path: file.path, local, size, sha256, source: 'cache' };
}

/** Looks for files by name in the folders given and in the whole cache. */
async function findLocally(
  missing: readonly WantedFile[],
  cache: string,
  folder: string,
  options: FetchOptions,
  found: Map<string, FetchedFile>,
): Promise<void> {
  const { from = [] } = options;
  for (const each of from) {
    if (!(await stat(each).catch(() => undefined))?.isDirectory()) throw new FileError(each, 'is no folder');
  }
  const names = new Set(missing.map(({ path }) => basename(path)));
  const given = await findFiles(from, names);
  const cached = await findFiles([cache], names);
  for (const file of missing) {
    const name = basename(file.path);
    const endsRight = (path: string) => `/${path.split(sep).join('/')}`.endsWith(`/${file.tail}`);
    const canBe = (path: string) => file.sha256 !== undefined || endsRight(path);
    const taken = await takeGiven(file, (given.get(name) ?? []).filter(canBe), endsRight, folder, options);
    if (taken) found.set(file.path, taken);
    for (const path of (cached.get(name) ?? []).filter(canBe)) {
      if (found.has(file.path)) break;
      const fetched = await accept(file, path, folder, options);
      if (typeof fetched === 'object') found.set(file.path, fetched);
    }
  }
}

/** The first of the given files that is the wanted one, taken into the cache. */
async function takeGiven(
  file: WantedFile,
  given: readonly string[],
  endsRight: (path: string) => boolean,
  folder: string,
  options: FetchOptions,
): Promise<FetchedFile | undefined> {
  const record = await readRecord(folder, file);
  let wrong: Error | undefined;
  for (const path of given) {
    const { problem, size, sha256 } = await checkFile(file, path, record, options);
    if (problem) {
      if (endsRight(path)) wrong ??= new FormatError(path, problem, 'it is damaged or of another version');
      continue;
    }
    const local = await intoCache(path, join(folder, file.path));
    const { mtimeMs } = await stat(local);
    await writeRecord(folder, file, { url: file.url, ...record, local, size, sha256, mtimeMs });
    return { path: file.path, local, size, sha256, source: 'folder' };
  }
  if (wrong) throw wrong;
  return undefined;
}

/** Links or copies a file into the cache; where the cache cannot be written, the file is used where it is. */
async function intoCache(from: string, to: string): Promise<string> {
  try {
    await writeAtomically(to, async (temporary) => {
      await link(from, temporary).catch(() => copyFile(from, temporary, constants.COPYFILE_FICLONE));
    });
    return to;
  } catch (error) {
    if (isSharedConceptsError(error) && error.tag === 'resource') throw error;
    return from;
  }
}

async function fetchMissing(
  manifest: Manifest,
  missing: readonly WantedFile[],
  folder: string,
  options: FetchOptions,
  found: Map<string, FetchedFile>,
): Promise<void> {
  const { acceptTerms = false, connections = 4, onProgress, signal } = options;
  await acceptedTerms(manifest, folder, acceptTerms);
  const announced = await announcedSizes(missing, options);
  const sized = missing.map((file) => ({ ...file, size: file.size ?? announced.get(file.path) }));
  const plan = await checkSpace(manifest.name, sized, folder);
  options.onPlan?.(plan, manifest);
  await mkdir(folder, { recursive: true }).catch((cause) => {
    throw new FileError(folder, 'cannot be made', 'set SDC_CACHE to a folder that you may write', cause);
  });
  const bytes = new Map(sized.map(({ path, size }) => [path, { done: 0, total: size }]));
  const report = (path: string, done: number, total?: number) => {
    bytes.set(path, { done, total: total ?? bytes.get(path)!.total });
    const all = [...bytes.values()];
    onProgress?.({
      label: `fetching ${manifest.name}`,
      done: all.reduce((sum, each) => sum + each.done, 0),
      total: all.every((each) => each.total !== undefined)
        ? all.reduce((sum, each) => sum + each.total!, 0)
        : undefined,
      detail: basename(path),
    });
  };
  await inParallel(
    missing,
    connections,
    async (file, stop) => {
      const onBytes = (done: number, total?: number) => report(file.path, done, total);
      found.set(file.path, await fetchOne(file, folder, { ...options, signal: stop, onBytes }));
    },
    signal,
  );
}

/** How long one process waits for another that is downloading the same file. */
const LOCK_WAIT_MS = 3_600_000;

/** Downloads one file, unless another process that was at it has brought it meanwhile. */
function fetchOne(
  file: WantedFile,
  folder: string,
  options: FetchOptions & { onBytes: (done: number, total?: number) => void },
): Promise<FetchedFile> {
  const local = join(folder, file.path);
  const work = async (): Promise<FetchedFile> => {
    const brought = (await isFile(local)) && (await accept(file, local, folder, options));
    if (typeof brought === 'object') return brought;
    const record = await readRecord(folder, file);
    const expected = { size: file.size ?? record?.size, sha256: file.sha256 ?? record?.sha256 };
    try {
      const { size, sha256, etag, lastModified } = await download(file.url, local, {
        ...options,
        ...expected,
      });
      const { mtimeMs } = await stat(local);
      await writeRecord(folder, file, { local, url: file.url, size, sha256, mtimeMs, etag, lastModified });
      return { path: file.path, local, size, sha256, source: 'network' };
    } catch (error) {
      if (file.sha256 || !record || !(error instanceof FormatError)) throw error;
      throw new FormatError(
        file.url,
        'is not the file that was first fetched: it has changed at its source',
        `delete ${recordPath(folder, file.path)} to take the new one`,
        error,
      );
    }
  };
  return withLock(`${local}.part.lock`, work, { waitMs: LOCK_WAIT_MS, signal: options.signal });
}

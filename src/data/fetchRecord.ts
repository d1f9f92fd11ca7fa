import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from './hash.js';
import type { WantedFile } from './manifestFiles.js';
import { writeAtomically } from './writeAtomically.js';

/** What a file was when it was first fetched or found: what it must be from then on. */
export interface FetchRecord {
  local: string;
  url: string;
  size: number;
  sha256: string;
  /** Time of last change: while it is the same, the hash is not computed again. */
  mtimeMs: number;
  etag?: string;
  lastModified?: string;
}

/** Where the record of a file lies in its data set's folder of the cache. */
export const recordPath = (folder: string, path: string) => join(folder, '.fetched', `${path}.json`);

export async function readRecord(folder: string, { path }: WantedFile): Promise<FetchRecord | undefined> {
  try {
    return JSON.parse(await readFile(recordPath(folder, path), 'utf8')) as FetchRecord;
  } catch {
    return undefined;
  }
}

/** Writes a record; a cache that cannot be written (a shared, read-only one) goes without. */
export async function writeRecord(folder: string, { path }: WantedFile, record: FetchRecord): Promise<void> {
  const write = (temporary: string) => writeFile(temporary, `${JSON.stringify(record, undefined, 2)}\n`);
  await writeAtomically(recordPath(folder, path), write).catch(() => undefined);
}

/** Whether a local file is what the manifest, or else the record of the first fetch, says; and what it is. */
export async function checkFile(
  file: WantedFile,
  local: string,
  record: FetchRecord | undefined,
  { verify = false, signal }: { verify?: boolean; signal?: AbortSignal } = {},
): Promise<{ size: number; sha256: string; mtimeMs: number; problem?: string }> {
  const { size, mtimeMs } = await stat(local);
  const wanted = { size: file.size ?? record?.size, sha256: file.sha256 ?? record?.sha256 };
  if (wanted.size !== undefined && size !== wanted.size) {
    return { size, mtimeMs, sha256: '', problem: `has ${size} bytes; must have ${wanted.size}` };
  }
  const isKnown = record?.local === local && record.size === size && record.mtimeMs === mtimeMs && !verify;
  const sha256 = isKnown ? record.sha256 : await sha256File(local, { signal });
  if (wanted.sha256 === undefined || sha256 === wanted.sha256) return { size, mtimeMs, sha256 };
  return { size, mtimeMs, sha256, problem: `has SHA-256 ${sha256}; must be ${wanted.sha256}` };
}

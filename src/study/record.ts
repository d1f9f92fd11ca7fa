import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256File } from '../data/hash.js';

/** What a record says of a file or folder: enough to see that it is whole and the same. */
export interface FileStamp {
  sha256: string;
  bytes: number;
  /** Modification time (ms), so that an untouched file need not be read again; not part of its identity. */
  modified: number;
  /** Of a folder: hash of its files' names, sizes and modification times, for the same purpose. */
  listing?: string;
}

/** What is written beside a unit's results: what made them, from what, with what. */
export interface UnitRecord {
  unit: string;
  parameters: Record<string, unknown>;
  inputs: Record<string, FileStamp>;
  outputs: Record<string, FileStamp>;
  /** What the unit itself had to say: figures, choices, the engine that ran. */
  result?: Record<string, unknown>;
  versions: Record<string, string>;
  started: string;
  seconds: number;
  threads: number;
  host: string;
}

/** Reads a record; undefined if there is none or it is not whole (records are written by renaming, so: foreign). */
export async function readRecord(path: string): Promise<UnitRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as UnitRecord;
    return typeof record.unit === 'string' && record.outputs && record.inputs ? record : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Stamp of a file or (over its sorted tree) of a folder; undefined if it does not exist. A file whose size and
 * modification time equal those of `known` is not read again, nor is a folder all of whose files are as they were.
 */
export async function stampFile(path: string, known?: FileStamp): Promise<FileStamp | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (!found) return undefined;
  if (found.isDirectory()) return stampFolder(path, known);
  if (known && known.bytes === found.size && known.modified === found.mtimeMs) return known;
  return readStamp(path, found);
}

async function readStamp(path: string, { size, mtimeMs }: Stats): Promise<FileStamp> {
  return { sha256: await sha256File(path), bytes: size, modified: mtimeMs };
}

async function stampFolder(folder: string, known?: FileStamp): Promise<FileStamp> {
  const listing = await listingOf(folder);
  return known?.listing === listing ? known : { ...(await readFolder(folder)), listing };
}

/** The stamp of a folder from the content of all of its files. */
async function readFolder(folder: string): Promise<FileStamp> {
  const hash = createHash('sha256');
  let bytes = 0;
  let modified = 0;
  for (const entry of (await readdir(folder)).sort()) {
    const path = join(folder, entry);
    const found = await stat(path);
    const stamp = found.isDirectory() ? await readFolder(path) : await readStamp(path, found);
    hash.update(`${entry}\0${stamp.sha256}\n`);
    bytes += stamp.bytes;
    modified = Math.max(modified, stamp.modified);
  }
  return { sha256: hash.digest('hex'), bytes, modified };
}

async function listingOf(folder: string): Promise<string> {
  const paths = (await readdir(folder, { recursive: true })).sort();
  const lines = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(join(folder, path));
      return found.isDirectory() ? `${path}\n` : `${path}\0${found.size}\0${found.mtimeMs}\n`;
    }),
  );
  return createHash('sha256').update(lines.join('')).digest('hex');
}

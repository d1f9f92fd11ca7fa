import { lstat, mkdir, open, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { isAlive } from '../study/lock.js';
import { fileError } from './file.js';

let counter = 0;

/**
 * Writes a file or a folder so that it appears under its name only when it is whole: `write` makes it under
 * another name in the same folder, then it is flushed to disk and renamed. If `write` throws, nothing is left and
 * what was there before stays. Missing parent folders are made. A name that is there already is replaced: a file
 * in one step; a folder by moving the old one aside first, so that for a moment there is none.
 *
 * What a killed process left aside is removed by the next write to the same name on the same host.
 *
 * @param path the final name
 * @param write makes a file or a folder at the path it is given, which ends in `path`'s own base name
 * @returns what `write` returned
 * @throws FileError or ResourceError (no permission, disk full), or what `write` throws
 * @example
 * await writeAtomically('report.html', (path) => fs.writeFile(path, html));
 */
export async function writeAtomically<T>(
  path: string,
  write: (temporaryPath: string) => Promise<T>,
): Promise<T> {
  const target = resolve(path);
  const folder = dirname(target);
  const aside = join(folder, asideName(target, process.pid));
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder, target);
    const result = await write(aside);
    await flush(aside);
    await replace(aside, target);
    await flushFolder(folder);
    return result;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw fileError(path, 'cannot be written', error);
  }
}

/** Writes a text file by {@link writeAtomically}. */
export function writeText(path: string, text: string): Promise<void> {
  return writeAtomically(path, (aside) => writeFile(aside, text));
}

const host = () => hostname().replace(/[^A-Za-z0-9]/g, '');

function asideName(target: string, pid: number): string {
  return `.partial-${host()}-${pid}-${counter++}-${basename(target)}`;
}

/** Removes what processes that are gone left of this target. */
async function removeLeftovers(folder: string, target: string): Promise<void> {
  const start = `.partial-${host()}-`;
  const end = `-${basename(target)}`;
  for (const name of await readdir(folder)) {
    if (!name.startsWith(start) || !name.endsWith(end)) continue;
    const [pid, count, ...rest] = name.slice(start.length, -end.length).split('-');
    if (rest.length || !/^\d+$/.test(pid!) || !/^\d+$/.test(count ?? '')) continue;
    if (!isAlive(Number(pid))) await rm(join(folder, name), { recursive: true, force: true });
  }
}

async function replace(aside: string, target: string): Promise<void> {
  const [made, there] = [await lstat(aside), await lstat(target).catch(() => undefined)];
  if (!there || (made.isFile() && !there.isDirectory())) return rename(aside, target);
  const old = join(dirname(target), asideName(target, process.pid));
  await rename(target, old);
  try {
    await rename(aside, target);
  } catch (error) {
    await rename(old, target);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}

/** Flushes a file, or a folder with all in it, to disk. */
async function flush(path: string): Promise<void> {
  const stat = await lstat(path);
  if (stat.isDirectory()) {
    for (const name of await readdir(path)) await flush(join(path, name));
    await flushFolder(path);
  } else if (stat.isFile()) {
    const handle = await open(path, 'r+');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

/** Flushes a folder's own entries, where the system can (Windows cannot open folders). */
async function flushFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

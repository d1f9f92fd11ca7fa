import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FileError, throwIfAborted } from '../util/errors.js';

interface Owner {
  host: string;
  pid: number;
  since: string;
}

/** How a held lock is met. */
export interface LockOptions {
  /** Wait this long for the holder to end before it is an error; default 0. */
  waitMs?: number;
  signal?: AbortSignal;
}

let nLocks = 0;

/**
 * Runs `work` while holding a lock file, so that two processes never do the same thing at once. A lock whose
 * owner died on this host is taken over; one of another host is never broken, but its owner and age are named.
 *
 * @throws FileError if the lock is held by a living process or by another host
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  await take(path, options);
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string, { waitMs = 0, signal }: LockOptions): Promise<void> {
  const owner: Owner = { host: hostname(), pid: process.pid, since: new Date().toISOString() };
  const mine = `${path}.${owner.host}-${owner.pid}-${nLocks++}`;
  const start = performance.now();
  await writeFile(mine, JSON.stringify(owner));
  try {
    // A hard link appears with its content or not at all, also on network file systems.
    while (!(await tryLink(mine, path))) {
      const held = await readOwner(path);
      if (held === undefined) continue;
      if (held.host !== owner.host || isAlive(held.pid)) {
        if (performance.now() - start < waitMs) {
          throwIfAborted(signal, `waiting for ${path}`);
          await sleep(100);
          continue;
        }
        throw new FileError(
          path,
          `is held by process ${held.pid} on ${held.host} since ${held.since}`,
          'wait for it to end; if that process is gone, delete the file',
        );
      }
      await breakLock(path, held);
    }
  } finally {
    await rm(mine, { force: true });
  }
}

async function tryLink(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw new FileError(to, 'cannot be written', 'check the folder and its permissions', cause);
  }
}

/** Removes a dead owner's lock; if another process was quicker and the lock is now a living one's, gives it back. */
async function breakLock(path: string, dead: Owner): Promise<void> {
  const aside = `${path}.stale-${process.pid}`;
  try {
    await rename(path, aside);
  } catch {
    return;
  }
  const taken = await readOwner(aside);
  if (taken && (taken.pid !== dead.pid || taken.since !== dead.since)) await tryLink(aside, path);
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

/** Whether a process of this host still runs. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

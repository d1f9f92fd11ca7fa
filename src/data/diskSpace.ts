import { stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ResourceError } from '../util/errors.js';
import type { WantedFile } from './manifestFiles.js';

/** What is about to be fetched. */
export interface FetchPlan {
  readonly nFiles: number;
  /** Bytes still to come, of the files whose size is known. */
  readonly bytes: number;
  /** Files whose size nobody tells. */
  readonly nUnknown: number;
  /** Free bytes of the disk, where the system tells. */
  readonly freeBytes?: number;
}

/** What is to come and what the disk can hold; refuses to begin what it cannot. Files of unknown size are not counted. */
export async function checkSpace(
  name: string,
  missing: readonly WantedFile[],
  folder: string,
): Promise<FetchPlan> {
  let needed = 0;
  for (const { path, size } of missing) {
    const part = await stat(`${join(folder, path)}.part`).catch(() => undefined);
    needed += Math.max(0, (size ?? 0) - (part?.size ?? 0));
  }
  const free = await freeBytes(folder);
  const nUnknown = missing.filter(({ size }) => size === undefined).length;
  if (free === undefined || needed <= free)
    return { nFiles: missing.length, bytes: needed, nUnknown, freeBytes: free };
  throw new ResourceError(
    `fetching ${name} into ${folder}`,
    `${gigabytes(needed)} GB of disk`,
    `${gigabytes(free)} GB`,
    'free some space, or set SDC_CACHE to a folder on a larger disk',
  );
}

/** Free bytes of the disk on which a folder lies or would lie. */
async function freeBytes(folder: string): Promise<number | undefined> {
  for (let at = folder; ; at = dirname(at)) {
    const disk = await statfs(at).catch(() => undefined);
    if (disk) return disk.bavail * disk.bsize;
    if (dirname(at) === at) return undefined;
  }
}

const gigabytes = (bytes: number) => (bytes / 1e9).toPrecision(3);

import { inParallel } from '../util/inParallel.js';
import type { WantedFile } from './manifestFiles.js';

/**
 * Sizes that servers announce (HEAD) for files whose manifest gives none, by path. What is not announced is left out;
 * once the network itself fails no more is asked, and it is for the download to say so.
 */
export async function announcedSizes(
  files: readonly WantedFile[],
  options: { connections?: number; stallMs?: number; signal?: AbortSignal } = {},
): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let isOffline = false;
  const ask = async ({ path, url }: WantedFile, stop: AbortSignal) => {
    if (isOffline) return;
    const timeout = AbortSignal.timeout(options.stallMs ?? 30_000);
    try {
      const { ok, headers } = await fetch(url, {
        method: 'HEAD',
        headers: { 'accept-encoding': 'identity' },
        signal: AbortSignal.any([stop, timeout]),
      });
      const length = headers.get('content-length');
      if (ok && length !== null && !headers.has('content-encoding')) sizes.set(path, Number(length));
    } catch {
      isOffline = true;
    }
  };
  const unknown = files.filter(({ size }) => size === undefined);
  await inParallel(unknown, options.connections ?? 4, ask, options.signal);
  return sizes;
}

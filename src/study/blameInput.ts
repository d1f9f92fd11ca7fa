import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isSharedConceptsError } from '../util/errors.js';
import type { Unit } from './unit.js';

/**
 * Which unit of `upstream` made the file that `error` calls damaged; its record is removed, so that it counts as not
 * done and is run again. Undefined if the error is about something else.
 */
export async function blameInput(
  folder: string,
  error: unknown,
  upstream: readonly Unit[],
): Promise<Unit | undefined> {
  if (!isSharedConceptsError(error) || error.tag !== 'format' || error.what === undefined) return undefined;
  const path = resolve(folder, error.what);
  const holds = (output: string) => {
    const made = resolve(folder, output);
    return path === made || path.startsWith(`${made}/`);
  };
  const maker = upstream.find(({ outputs }) => outputs.some(holds));
  if (maker) await rm(join(folder, maker.record), { force: true });
  return maker;
}

import { totalmem } from 'node:os';
import type { Unit } from './unit.js';

/** Memory of a unit that does not say what it needs. */
const unknown = 2 ** 30;

const memoryOf = ({ cost }: Unit) => cost?.memoryBytes ?? unknown;

/** Whether a unit has room beside those that run; one that is too large for any company has room alone. */
export function fits(unit: Unit, running: readonly Unit[], memoryBytes: number): boolean {
  if (running.length === 0) return true;
  const used = running.reduce((sum, other) => sum + memoryOf(other), 0);
  return used + memoryOf(unit) <= memoryBytes;
}

/** 80 % of the memory that this process may use: the machine's, or less in a container or a job with a limit. */
export function usableMemory(): number {
  const limit = process.constrainedMemory?.() ?? 0;
  const total = totalmem();
  return 0.8 * (limit > 0 && limit < total ? limit : total);
}

import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { readRecord, stampFile, type UnitRecord } from './record.js';
import type { Unit } from './unit.js';

/** Why a unit has to run, or that it need not. */
export type UnitState = { done: true; record: UnitRecord } | { done: false; reason: string };

/** Whether a unit's results are whole and made from the present inputs and parameters; if not, why. */
export async function unitState(folder: string, unit: Unit): Promise<UnitState> {
  const record = await readRecord(join(folder, unit.record));
  if (!record) return { done: false, reason: 'not done yet' };
  if (record.unit !== unit.id) return { done: false, reason: `its record is that of ${record.unit}` };
  const parameters = canonical(unit.parameters);
  if (canonical(record.parameters) !== parameters) {
    const changed = Object.keys({ ...record.parameters, ...unit.parameters }).filter(
      (key) => canonical(record.parameters[key]) !== canonical(unit.parameters[key]),
    );
    return { done: false, reason: `${changed.join(', ')} changed` };
  }
  if (Object.keys(record.inputs).sort().join('\n') !== [...unit.inputs].sort().join('\n')) {
    return { done: false, reason: 'inputs changed' };
  }
  for (const [kind, files] of [
    ['input', record.inputs],
    ['output', record.outputs],
  ] as const) {
    for (const [path, known] of Object.entries(files)) {
      const stamp = await stampFile(resolve(folder, path), known);
      if (!stamp) return { done: false, reason: `${kind} ${path} is missing` };
      if (stamp.sha256 !== known.sha256) return { done: false, reason: `${kind} ${path} changed` };
    }
  }
  return { done: true, record };
}

/** A short hash of a unit's parameters; equal for equal values. */
export function parametersHash({ parameters }: Unit): string {
  return createHash('sha256').update(canonical(parameters)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys: equal for equal values. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, item) =>
      item && typeof item === 'object' && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    ) ?? 'undefined'
  );
}

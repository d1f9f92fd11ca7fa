import { FormatError } from '../util/errors.js';
import { dependencies } from './dependencies.js';
import type { Unit } from './unit.js';

/** Orders units so that each comes after those that make its inputs; keeps the given order otherwise. */
export function sortUnits(units: readonly Unit[]): Unit[] {
  const upstream = dependencies(units);
  const sorted: Unit[] = [];
  const state = new Map<Unit, 'open' | 'done'>();
  const visit = (unit: Unit) => {
    if (state.get(unit) === 'done') return;
    if (state.get(unit) === 'open') throw new FormatError(unit.id, 'depends on its own output');
    state.set(unit, 'open');
    upstream.get(unit.id)!.forEach(visit);
    state.set(unit, 'done');
    sorted.push(unit);
  };
  units.forEach(visit);
  return sorted;
}

import { resolve } from 'node:path';
import { dependencies } from '../study/dependencies.js';
import { readStudyConfig, sortUnits, type Unit, type UnitState, unitState } from '../study/index.js';
import { studyUnits } from './studyUnits.js';

/** A unit and whether it has to run. `waits` lists units to run first. */
export interface PlannedUnit {
  unit: Unit;
  state: UnitState;
  waits: readonly string[];
}

/** Every unit of a study in running order, and what is left to do. */
export interface StudyPlan {
  folder: string;
  units: readonly PlannedUnit[];
  done: number;
  pending: number;
  /** Estimated core-seconds and the largest memory of the pending units. */
  cpuSeconds: number;
  memoryBytes: number;
}

/**
 * What is done of a study, what is left, and what that will cost. A unit is pending if its own record does not match
 * or if anything it depends on is pending. Reads stamps only; changes nothing.
 */
export async function planStudy(folder: string): Promise<StudyPlan> {
  const root = resolve(folder);
  const units = sortUnits(await studyUnits(root, await readStudyConfig(root)));
  const upstream = dependencies(units);
  const planned: PlannedUnit[] = [];
  const pending = new Set<string>();
  for (const unit of units) {
    const waits = upstream
      .get(unit.id)!
      .map(({ id }) => id)
      .filter((id) => pending.has(id));
    let state = await unitState(root, unit);
    if (state.done && waits.length) state = { done: false, reason: `${waits[0]} comes first` };
    if (!state.done) pending.add(unit.id);
    planned.push({ unit, state, waits });
  }
  const left = planned.filter(({ state }) => !state.done);
  return {
    ...{ folder: root, units: planned, done: planned.length - left.length, pending: left.length },
    cpuSeconds: left.reduce((sum, { unit }) => sum + (unit.cost?.cpuSeconds ?? 0), 0),
    memoryBytes: Math.max(0, ...left.map(({ unit }) => unit.cost?.memoryBytes ?? 0)),
  };
}

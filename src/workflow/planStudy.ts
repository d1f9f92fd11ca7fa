import { resolve } from 'node:path';
import { dependencies } from '../study/dependencies.js';
import {
  readStudyConfig,
  type StudyConfig,
  sortUnits,
  type Unit,
  type UnitState,
  unitState,
} from '../study/index.js';
import { isSharedConceptsError } from '../util/errors.js';
import { studyUnits } from './studyUnits.js';
import { type StudySizes, studySizes } from './unitCosts.js';

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
  /** The largest participant and the stimuli: as they are where they are there already, else as expected. */
  sizes: StudySizes;
  /** Why units are only expected and cannot run yet, where the source's files are not here. */
  expected?: string;
}

/** Options of {@link planStudy}. */
export interface PlanStudyOptions {
  /** Plans from the configuration alone where the source's files are not here. Default false. */
  expected?: boolean;
}

/**
 * What is done of a study, what is left, and what that will cost. A unit is pending if its own record does not match
 * or if anything it depends on is pending. Reads stamps only; changes nothing.
 *
 * @throws FileError, FormatError for a missing or wrong study.json; FileError for a source whose files are not here,
 *   unless `expected`
 */
export async function planStudy(folder: string, options: PlanStudyOptions = {}): Promise<StudyPlan> {
  const root = resolve(folder);
  const config = await readStudyConfig(root);
  const { found, expected } = await findUnits(root, config, options);
  const units = sortUnits(found);
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
    memoryBytes: left.reduce((most, { unit }) => Math.max(most, unit.cost?.memoryBytes ?? 0), 0),
    sizes: studySizes(root, config),
    ...(expected === undefined ? {} : { expected }),
  };
}

async function findUnits(
  root: string,
  config: StudyConfig,
  options: PlanStudyOptions,
): Promise<{ found: Unit[]; expected?: string }> {
  try {
    return { found: await studyUnits(root, config) };
  } catch (error) {
    if (!options.expected || !isSharedConceptsError(error) || error.tag !== 'file') throw error;
    return { found: await studyUnits(root, config, { expected: true }), expected: error.message };
  }
}

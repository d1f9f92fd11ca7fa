import { resolve } from 'node:path';
import { blameInput } from '../study/blameInput.js';
import { dependencies } from '../study/dependencies.js';
import { type RunUnitsOptions, readStudyConfig, runUnit, unitState } from '../study/index.js';
import { detailOf } from '../study/unitQueue.js';
import { InputError, isSharedConceptsError } from '../util/errors.js';
import { studyUnits } from './studyUnits.js';

/** What became of each unit asked for. */
export interface UnitOutcome {
  id: string;
  state: 'ran' | 'up to date' | 'failed';
  detail: string;
}

/**
 * Runs the named units of a study, one after the other, as a scheduler's task does. Units that are up to date are left
 * alone; a unit that fails does not keep the others from running. One that finds an input damaged fails, and the unit
 * that made that input counts as not done from then on.
 *
 * @throws InputError for an id the study does not have (nothing has run then)
 */
export async function runNamedUnits(
  folder: string,
  ids: readonly string[],
  options: RunUnitsOptions = {},
): Promise<UnitOutcome[]> {
  const study = resolve(folder);
  const all = await studyUnits(study, await readStudyConfig(study));
  const upstream = dependencies(all);
  const units = new Map(all.map((unit) => [unit.id, unit]));
  const unknown = ids.find((id) => !units.has(id));
  if (unknown !== undefined)
    throw new InputError('unit', unknown, `a unit of ${folder}`, `sdc plan ${folder} --all lists them`);
  const outcomes: UnitOutcome[] = [];
  for (const id of ids) {
    const unit = units.get(id)!;
    const state = options.force ? { done: false } : await unitState(study, unit);
    if (state.done) {
      outcomes.push({ id, state: 'up to date', detail: '' });
      continue;
    }
    try {
      const { seconds } = await runUnit(study, unit, { ...options, upstream: upstream.get(id)! });
      outcomes.push({ id, state: 'ran', detail: `${seconds.toFixed(1)} s` });
    } catch (error) {
      if (isSharedConceptsError(error) && error.tag === 'aborted') throw error;
      const maker = await blameInput(study, error, upstream.get(id)!);
      const again = maker ? `; ${maker.id} counts as not done now` : '';
      outcomes.push({ id, state: 'failed', detail: detailOf(error) + again });
    }
  }
  return outcomes;
}

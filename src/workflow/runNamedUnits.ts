import { resolve } from 'node:path';
import { type RunUnitsOptions, readStudyConfig, runUnit, unitState } from '../study/index.js';
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
 * alone; a unit that fails does not keep the others from running.
 *
 * @throws InputError for an id the study does not have (nothing has run then)
 */
export async function runNamedUnits(
  folder: string,
  ids: readonly string[],
  options: RunUnitsOptions = {},
): Promise<UnitOutcome[]> {
  const study = resolve(folder);
  const units = new Map(
    (await studyUnits(study, await readStudyConfig(study))).map((unit) => [unit.id, unit]),
  );
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
      const { seconds } = await runUnit(study, unit, options);
      outcomes.push({ id, state: 'ran', detail: `${seconds.toFixed(1)} s` });
    } catch (error) {
      if (isSharedConceptsError(error) && error.tag === 'aborted') throw error;
      outcomes.push({ id, state: 'failed', detail: detailOf(error) });
    }
  }
  return outcomes;
}

/** A full disk says enough in its message; of a defect of ours the stack is wanted in the log. */
function detailOf(error: unknown): string {
  if (isSharedConceptsError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

import { join } from 'node:path';
import type { WorkOptions } from '../util/progress.js';
import { dependencies } from './dependencies.js';
import { withLock } from './lock.js';
import type { UnitRecord } from './record.js';
import { type RunUnitOptions, removeDeadStaging } from './runUnit.js';
import { sortUnits } from './sortUnits.js';
import type { StageName, Unit } from './unit.js';
import { stageNames } from './unit.js';
import { UnitQueue } from './unitQueue.js';
import { unitState } from './unitState.js';

export interface RunUnitsOptions extends WorkOptions {
  /** First stage to run; those before it are left as they are. Default: all. */
  from?: StageName;
  /** Last stage to run. Default: all. */
  to?: StageName;
  /** Runs units of the chosen stages even where their records match. Default false. */
  force?: boolean;
  /** Cores for all units together. Default: all. */
  threads?: number;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
  /** Units side by side, as far as cores and memory go; the bytes are the same for any number. Default 1. */
  jobs?: number;
  /** Estimated memory of all units that run at once, bytes. Default: 80 % of what this process may use. */
  memoryBytes?: number;
  /** Goes on with what does not depend on a unit that failed, and throws at the end. Default: if `jobs` > 1. */
  keepGoing?: boolean;
  /** Called before and after each unit that runs. */
  onUnit?: (unit: Unit, state: 'started' | 'finished' | 'failed', detail: string) => void;
  /** Runs one unit elsewhere than in this process. Default {@link runUnit}. */
  execute?: (unit: Unit, options: RunUnitOptions) => Promise<UnitRecord>;
}

/** What a run did. */
export interface RunSummary {
  ran: string[];
  skipped: string[];
  seconds: number;
}

/**
 * Runs the units of a study that need it, in an order that gives every unit its inputs.
 *
 * A unit is skipped when its record names the same parameters, the same hashes of its inputs, and its outputs are
 * there with the hashes it recorded. Otherwise it runs in a staging folder; its outputs get their names only when
 * all are complete, and its record comes last, so that a run killed at any moment is resumed and ends with the same
 * bytes. A run with nothing to do writes nothing.
 *
 * An input that is damaged (not what its unit recorded, cut short, not finite) is never used: the unit that made it
 * is run again, once, and then the one that found it. A unit whose process was killed is tried once more by itself.
 *
 * @throws FileError if another process runs this study or an input is missing; whatever a unit throws; with
 *   `keepGoing`, after everything else is done, one error that names each unit that failed
 */
export async function runUnits(
  folder: string,
  units: readonly Unit[],
  options: RunUnitsOptions = {},
): Promise<RunSummary> {
  const started = performance.now();
  const chosen = sortUnits(units).filter((unit) => inRange(unit.stage, options.from, options.to));
  const summary: RunSummary = { ran: [], skipped: [], seconds: 0 };
  const pending = options.force || (await anyPending(folder, chosen));
  if (pending) {
    await withLock(join(folder, '.lock'), async () => {
      await removeDeadStaging(folder);
      await new UnitQueue(folder, chosen, dependencies(units), options, summary).run();
    });
  } else summary.skipped = chosen.map((unit) => unit.id);
  summary.seconds = (performance.now() - started) / 1000;
  return summary;
}

async function anyPending(folder: string, units: readonly Unit[]): Promise<boolean> {
  for (const unit of units) if (!(await unitState(folder, unit)).done) return true;
  return false;
}

function inRange(stage: StageName, from: StageName = 'prepare', to: StageName = 'report'): boolean {
  const place = stageNames.indexOf(stage);
  return place >= stageNames.indexOf(from) && place <= stageNames.indexOf(to);
}

import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { StudyPlan } from '../planStudy.js';
import { exitFile, type SlurmArray, type Submission, submissionFolder } from './submission.js';

/**
 * Reads the exit codes of the tasks that have ended, those in `queued` left out: which units were killed once, with the
 * array they were in, and, into `submission.failed`, which have failed for good. A unit that failed but now waits for
 * another found that other's result damaged; it is excused once.
 */
export async function settleFailures(
  { folder: study, units }: StudyPlan,
  submission: Submission,
  queued: ReadonlySet<string>,
): Promise<Map<string, SlurmArray>> {
  const killed = new Map<string, SlurmArray>();
  const left = units.filter(({ unit, state }) => !state.done && !queued.has(unit.id));
  const pending = new Set(left.map(({ unit }) => unit.id));
  const waiting = new Set(left.filter(({ waits }) => waits.length).map(({ unit }) => unit.id));
  for (const [number, array] of submission.arrays.entries()) {
    for (const [index, task] of array.tasks.entries()) {
      const units = task.filter((id) => pending.has(id) && !(id in submission.failed));
      if (units.length === 0) continue;
      const path = exitFile(study, submission, { array: number, index });
      const code = existsSync(path) ? Number(await readFile(path, 'utf8')) : undefined;
      const wasKilled = code === undefined || code > 128;
      const log = join(submissionFolder(study, submission.name), 'logs', `${array.job}_${index}.log`);
      for (const id of units) {
        if (submission.excused[id] === array.job) continue;
        if (wasKilled && array.attempt === 1) killed.set(id, array);
        else if ((code === 0 || waiting.has(id)) && !(id in submission.excused))
          submission.excused[id] = array.job;
        else {
          killed.delete(id);
          submission.failed[id] = wasKilled
            ? `killed twice, with ${array.memoryMegabytes} MB and ${array.minutes} min at the end; see ${log}`
            : `failed; see ${log}`;
        }
      }
    }
  }
  return killed;
}

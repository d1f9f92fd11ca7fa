import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Unit } from '../../study/index.js';
import { removeDeadStaging } from '../../study/runUnit.js';
import { planStudy } from '../planStudy.js';
import { isQuota, maxArraySize, slurm } from './commands.js';
import { findStuck } from './findStuck.js';
import { type PackedStage, type PackOptions, packUnits } from './packUnits.js';
import type { QueueEntry } from './queueEntries.js';
import { settleFailures } from './settleFailures.js';
import { type SlurmArray, type Submission, writeSubmission } from './submission.js';
import { submitArray, submitFollower } from './submitJobs.js';
import { unfollowedArrays } from './unfollowedArrays.js';

/**
 * Submits every unit that can run now and is not in the queue, and one small job that calls this again when they have
 * ended. So a study walks through its levels on the cluster alone: no shell and no daemon has to stay.
 *
 * A unit whose task was killed (memory, time) is tried once more with twice of both; one that failed by itself, or was
 * killed twice, is not tried again, and what depends on it is left out while everything else goes on. Where Slurm takes
 * only so many tasks, the rest follows when those have ended.
 *
 * @returns the submission, `finished` when nothing is left that could run
 * @throws InputError with Slurm's words if it takes nothing at all
 */
export async function advanceSubmission(study: string, submission: Submission): Promise<Submission> {
  // The queue first: what has left it by now is judged by records read after that.
  const { alive } = await findStuck(study, submission);
  const plan = await planStudy(study);
  const queued = new Set(
    alive.flatMap(({ task }) => (task ? (submission.arrays[task.array]!.tasks[task.index] ?? []) : [])),
  );
  const killed = await settleFailures(plan, submission, queued);
  // Tasks that were killed leave what they had half written; a run on this side, under the study's lock, sees to its own.
  if (!existsSync(join(study, '.lock'))) await removeDeadStaging(study, (unit) => !queued.has(unit));
  const runnable = plan.units
    .filter(({ unit, state, waits }) => !state.done && waits.length === 0 && !queued.has(unit.id))
    .map(({ unit }) => unit)
    .filter(({ id }) => !(id in submission.failed));
  const before = submission.arrays.length;
  submission.refused = undefined;
  let refused: unknown;
  try {
    for (const packed of await packLevel(runnable, killed, submission))
      await submitWhatIsTaken(study, submission, packed);
  } catch (error) {
    refused = error;
    submission.refused = (error as Error).message;
  }
  // Jobs that Slurm took before it refused one are followed all the same.
  await follow(study, submission, before, alive);
  const isEmpty = queued.size === 0 && submission.arrays.length === before;
  submission.finished = !refused && isEmpty;
  await writeSubmission(study, submission);
  if (refused && isEmpty) throw refused;
  return submission;
}

/** First attempts, and second ones with twice of what their task had (perhaps more than the unit's own estimate). */
async function packLevel(
  units: readonly Unit[],
  killed: ReadonlyMap<string, SlurmArray>,
  { request }: Submission,
): Promise<Omit<SlurmArray, 'job'>[]> {
  const maxTasks = await maxArraySize();
  const pack = (some: readonly Unit[], attempt: number, options: Partial<PackOptions>) =>
    packUnits(some, { cpus: request.cpus ?? 2, maxTasks, ...options }).map((packed) => ({
      ...packed,
      attempt,
    }));
  const first = units.filter(({ id }) => !killed.has(id));
  const again = [...new Set(units.flatMap(({ id }) => killed.get(id) ?? []))].flatMap((array) => {
    const atLeast = { memoryMegabytes: 2 * array.memoryMegabytes, minutes: 2 * array.minutes };
    return pack(
      units.filter(({ id }) => killed.get(id) === array),
      2,
      { pack: 1, atLeast },
    );
  });
  return [...pack(first, 1, { pack: request.pack }), ...again];
}

/** Submits an array; where Slurm takes no more tasks of this user, half of it, and so on, and throws what it said. */
async function submitWhatIsTaken(
  study: string,
  submission: Submission,
  packed: PackedStage & { attempt: number },
): Promise<void> {
  let refused: unknown;
  for (let { tasks } = packed; tasks.length; tasks = tasks.slice(0, Math.floor(tasks.length / 2))) {
    try {
      submission.arrays.push(await submitArray(study, submission, { ...packed, tasks }));
      await writeSubmission(study, submission);
      break;
    } catch (error) {
      refused = error;
      if (!isQuota(error)) break;
    }
  }
  if (refused) throw refused;
}

/**
 * Submits followers: one for each array of long tasks, one for all short ones together; where Slurm takes no further
 * job, the last of the new arrays makes room, by half and then whole.
 */
async function follow(
  study: string,
  submission: Submission,
  before: number,
  alive: readonly QueueEntry[],
): Promise<void> {
  for (;;) {
    const lacking = unfollowedArrays(submission, alive, before);
    const short = lacking.filter(({ long }) => !long);
    const groups = [
      ...lacking.filter(({ long }) => long).map((array) => [array]),
      ...(short.length ? [short] : []),
    ];
    try {
      for (const arrays of groups) await submitFollower(study, submission, arrays);
      return;
    } catch (error) {
      if (!isQuota(error) || submission.arrays.length === before) throw error;
      const last = submission.arrays.pop()!;
      await slurm('scancel', [last.job]);
      const tasks = last.tasks.slice(0, Math.floor(last.tasks.length / 2));
      if (tasks.length) submission.arrays.push(await submitArray(study, submission, { ...last, tasks }));
      else if (submission.arrays.length === before && alive.length === 0) throw error;
      submission.refused = (error as Error).message;
    } finally {
      await writeSubmission(study, submission);
    }
  }
}

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { withLock } from '../../study/lock.js';
import { FileError } from '../../util/errors.js';
import { planStudy } from '../planStudy.js';
import { advanceSubmission } from './advance.js';
import { slurm } from './commands.js';
import { findStuck } from './findStuck.js';
import { mendSubmission } from './mendSubmission.js';
import { type QueueEntry, queueEntries } from './queueEntries.js';
import {
  latestSubmission,
  readSubmission,
  type SlurmRequest,
  type Submission,
  writeSubmission,
} from './submission.js';

/** What {@link runOnSlurm} did. */
export interface SlurmRun extends Submission {
  /** Whether this submission was on Slurm before. */
  already: boolean;
  /** What a crash of the controller had left stuck and was set right, in words. */
  mended: string[];
}

/** How a submission that is on Slurm already is met. */
export interface RunOnSlurmOptions {
  /** Return it, and wait for whoever holds the study's lock; default: both are errors. */
  join?: boolean;
  /** Ends the wait for the lock with an AbortedError. */
  signal?: AbortSignal;
}

/**
 * Submits what is left of a study to Slurm, as job arrays that follow each other by dependency. Returns at once; the
 * rest happens on the cluster. Units done already are not submitted. A submission that a crash of Slurm's controller
 * left stuck in the queue is mended instead.
 *
 * @throws MissingError without Slurm, FileError if a submission of this study is still queued or running (unless
 *   `join`), InputError with Slurm's own words if it refuses
 */
export async function runOnSlurm(
  folder: string,
  request: SlurmRequest = {},
  options: RunOnSlurmOptions = {},
): Promise<SlurmRun> {
  const study = resolve(folder);
  await planStudy(study);
  await mkdir(join(study, '.slurm'), { recursive: true });
  const { signal } = options;
  return withLock(
    join(study, '.slurm', 'lock'),
    async () => {
      const last = await latestSubmission(study);
      let mended: string[] = [];
      if (last) {
        const { queue, alive } = await findStuck(study, last);
        if (queue.length) mended = await mendSubmission(study, last);
        // Of a submission that was cancelled, what is being killed stands in nobody's way.
        const busy = alive.filter(({ state }) => !(last.finished && state === 'COMPLETING'));
        if (busy.length) {
          if (mended.length === 0 && !options.join)
            throw new FileError(
              study,
              `is on Slurm already as jobs ${jobsIn(busy).join(', ')}`,
              'see "sdc status", stop them with "sdc cancel", or follow them with --wait',
            );
          return { ...last, already: true, mended };
        }
      }
      const name = String(last ? Number(last.name) + 1 : 1);
      const [arrays, followers] = [[], []];
      const submission: Submission = {
        ...{ name, request, arrays, followers, failed: {}, excused: {}, finished: false },
      };
      await writeSubmission(study, submission);
      return { ...(await advanceSubmission(study, submission)), already: false, mended };
    },
    options.join ? { waitMs: lockPatience, signal } : {},
  );
}

/** Ids of the jobs of some entries of the queue. */
const jobsIn = (entries: readonly QueueEntry[]) => [...new Set(entries.map(({ id }) => id.split('_')[0]!))];

/** A level of 20,000 units is submitted in seconds; a busy controller may take minutes. */
const lockPatience = 10 * 60_000;

/** Goes on with a submission when a level has ended; called on the cluster by the follower job. */
export async function continueOnSlurm(
  folder: string,
  name: string,
  signal?: AbortSignal,
): Promise<Submission> {
  const study = resolve(folder);
  // Someone may hold the lock for a moment; were the follower to give up, nobody would submit the next level.
  return withLock(
    join(study, '.slurm', 'lock'),
    async () => {
      const submission = await readSubmission(study, name);
      return submission.finished ? submission : advanceSubmission(study, submission);
    },
    { waitMs: lockPatience, signal },
  );
}

/** Sets a submission right that a crash of the controller left stuck; what was done, in words. */
export async function mendOnSlurm(folder: string, name: string, signal?: AbortSignal): Promise<string[]> {
  const study = resolve(folder);
  const work = async () => mendSubmission(study, await readSubmission(study, name));
  return withLock(join(study, '.slurm', 'lock'), work, { waitMs: lockPatience, signal });
}

/** Where a study's latest submission stands. */
export interface SlurmStatus {
  submission: Submission;
  /** Queue states with how many of our jobs are in each: `{ RUNNING: 2, PENDING: 40 }`. */
  queue: Record<string, number>;
  /** Jobs that will not go on by themselves after a crash of the controller; {@link runOnSlurm} sets them right. */
  stuck: number;
}

/** The latest submission with the state of its jobs in the queue; undefined if there was none. */
export async function slurmStatus(folder: string): Promise<SlurmStatus | undefined> {
  const submission = await latestSubmission(resolve(folder));
  if (!submission) return undefined;
  const stuck = await findStuck(resolve(folder), submission);
  const queue: Record<string, number> = {};
  for (const { state } of stuck.queue) queue[state] = (queue[state] ?? 0) + 1;
  const { held, ended, idle, unfollowed } = stuck;
  return { submission, queue, stuck: held.length + ended.length + idle.length + unfollowed.length };
}

/** Cancels the jobs of a study's latest submission, by their ids; what is complete stays. */
export async function cancelOnSlurm(folder: string): Promise<string[]> {
  const study = resolve(folder);
  if (!(await latestSubmission(study)))
    throw new FileError(study, 'was never submitted to Slurm', 'sdc run STUDY --on slurm');
  // Under the lock no follower is in the middle of submitting jobs that this would not see.
  return withLock(join(study, '.slurm', 'lock'), () => cancelLatest(study), { waitMs: lockPatience });
}

async function cancelLatest(study: string): Promise<string[]> {
  const submission = (await latestSubmission(study))!;
  const jobs = jobsIn(await queueEntries(study, submission));
  // The follower goes first, so that it cannot start the next level in between.
  for (const job of jobs.sort(
    (a, b) => Number(submission.followers.includes(b)) - Number(submission.followers.includes(a)),
  )) {
    await slurm('scancel', [job]);
  }
  submission.finished = true;
  await writeSubmission(study, submission);
  return jobs;
}

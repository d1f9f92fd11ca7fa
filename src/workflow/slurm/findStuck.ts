import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isHeld, type QueueEntry, queueEntries } from './queueEntries.js';
import { type SlurmArray, type Submission, submissionFolder } from './submission.js';
import { unfollowedArrays } from './unfollowedArrays.js';

/** A submission's jobs in the queue, and which of them will not go on by themselves. */
export interface StuckJobs {
  /** All of the submission that Slurm shows. */
  queue: QueueEntry[];
  /** Those of them that have not ended yet, as far as their exit codes tell. */
  alive: QueueEntry[];
  /** Held by Slurm because their launch failed. */
  held: QueueEntry[];
  /** Ended (their exit code is written), while Slurm still takes them for running. */
  ended: QueueEntry[];
  /** Followers that wait for arrays of which nothing is alive, or with nothing left to do. */
  idle: QueueEntry[];
  /** Arrays at whose end no job is left that would submit what comes next. */
  unfollowed: SlurmArray[];
}

/** A task needs a moment from writing its exit code to its end. */
const graceMs = 20_000;
/** Slurm looks at dependencies once a minute, or when a job ends. */
const idleMs = 60_000;

/** How often a job is released or cancelled before that is given up. */
export const maxTries = 3;

/**
 * Looks for what a crash of Slurm's controller leaves behind. A controller writes its state every few seconds; what
 * happened since then it forgets when it is killed: jobs it took, tasks that ended (they show as running, for up to
 * half an hour with the usual settings), and the ids it gave, so that it may give them again, which nodes refuse.
 */
export async function findStuck(study: string, submission: Submission): Promise<StuckJobs> {
  const queue = await queueEntries(study, submission);
  const over = new Set<QueueEntry>();
  for (const entry of queue) if (await isOver(entry)) over.add(entry);
  const alive = queue.filter((entry) => !over.has(entry));
  const isTried = ({ id }: QueueEntry) => (submission.tried?.[id] ?? 0) >= maxTries;
  const unfollowed = submission.finished ? [] : unfollowedArrays(submission, alive);
  return {
    ...{ queue, alive, unfollowed },
    held: queue.filter((entry) => isHeld(entry)),
    ended: [...over].filter((entry) => entry.state === 'RUNNING' && !isTried(entry)),
    idle: await findIdle(study, submission, alive),
  };
}

/** Whether a task that Slurm shows has ended: its exit code is of this run (not of one before it) and not of just now. */
async function isOver({ state, started, exit }: QueueEntry): Promise<boolean> {
  if (state !== 'RUNNING' && state !== 'COMPLETING') return false;
  const code = await stat(exit).catch(() => undefined);
  return code !== undefined && code.mtimeMs >= started && Date.now() - code.mtimeMs > graceMs;
}

/** Followers that wait although nothing is left to do, or none of their arrays is alive and no task ended of late. */
async function findIdle(
  study: string,
  { name, arrays, finished }: Submission,
  alive: readonly QueueEntry[],
): Promise<QueueEntry[]> {
  const waitedFor = new Set(alive.flatMap(({ task }) => (task ? (arrays[task.array]!.follower ?? []) : [])));
  const idle = alive.filter(
    ({ id, task, state, reason }) =>
      !task && state === 'PENDING' && (finished || (/Dependency/.test(reason) && !waitedFor.has(id))),
  );
  if (idle.length === 0) return [];
  const exit = join(submissionFolder(study, name), 'exit');
  const times = await Promise.all([exit, join(exit, '..', 'submission.json')].map((path) => stat(path)));
  return Date.now() - Math.max(...times.map(({ mtimeMs }) => mtimeMs)) > idleMs ? idle : [];
}

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type QueueEntry, queueStates } from './commands.js';
import { jobsOf, type SlurmArray, type Submission, submissionFolder } from './submission.js';
import { unfollowedArrays } from './unfollowedArrays.js';

/** What of a submission's jobs in the queue will not go on by itself. */
export interface StuckJobs {
  /** All of the submission in the queue. */
  queue: Map<string, QueueEntry>;
  /** Held by Slurm because their launch failed. */
  held: string[];
  /** Ended (their exit code is written), while Slurm still takes them for running. */
  ended: string[];
  /** Arrays at whose end no job is left that would submit what comes next. */
  unfollowed: SlurmArray[];
}

/** A task needs a moment from writing its exit code to its end. */
const graceMs = 20_000;

/**
 * Looks for what a crash of Slurm's controller leaves behind. A controller writes its state every few seconds; what
 * happened since then it forgets when it is killed: jobs it took, tasks that ended (they show as running, for up to
 * half an hour with the usual settings), and the ids it gave, so that it may give them again, which nodes refuse.
 */
export async function findStuck(study: string, submission: Submission): Promise<StuckJobs> {
  const queue = await queueStates(jobsOf(submission), study);
  const held: string[] = [];
  const ended: string[] = [];
  for (const [id, entry] of queue) {
    if (entry.held) held.push(id);
    if (entry.state !== 'RUNNING') continue;
    const code = await stat(join(submissionFolder(study, submission.name), 'exit', id)).catch(
      () => undefined,
    );
    if (code && Date.now() - code.mtimeMs > graceMs) ended.push(id);
  }
  const alive = new Set([...queue.keys()].filter((id) => !ended.includes(id)));
  return { queue, held, ended, unfollowed: submission.finished ? [] : unfollowedArrays(submission, alive) };
}

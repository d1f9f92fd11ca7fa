import { stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../util/errors.js';
import type { WorkOptions } from '../../util/progress.js';
import { planStudy } from '../planStudy.js';
import { isAway } from './commands.js';
import { findStuck } from './findStuck.js';
import { continueOnSlurm, mendOnSlurm } from './runOnSlurm.js';
import { latestSubmission, type Submission, submissionFolder } from './submission.js';

/** Options of {@link followOnSlurm}. */
export interface FollowOptions extends WorkOptions {
  /** Told, in a line, what was set right and what cannot be. */
  say?: (line: string) => void;
}

/** How long a controller may be away, and how long an ended job may be shown, before that is the end. */
const [awayMs, shownMs] = [10 * 60_000, 60_000];
/** Every record is looked at this often though no task has ended. */
const planMs = 60_000;

/**
 * Stays with a study's submission until nothing of it is in the queue: shows how many units are done and what is
 * queued, sets right what a crash of the controller leaves ({@link mendOnSlurm}), and submits the next level itself
 * where Slurm lost the job that would have. Jobs that have ended and that Slurm shows although they were cancelled are
 * named and left. Nothing depends on it: stopped, the submission goes on without it.
 *
 * @throws AbortedError when stopped; nothing is cancelled. InputError if the controller stays away
 */
export async function followOnSlurm(folder: string, options: FollowOptions = {}): Promise<Submission> {
  const { signal, onProgress, say } = options;
  const study = resolve(folder);
  let [emptyFor, stuckFor] = [0, 0];
  let shownSince: number | undefined;
  let progress: { news: number; at: number; done: number; total: number } | undefined;

  /** One look at the queue, and what follows from it; true at the end. */
  const look = async (submission: Submission): Promise<boolean> => {
    const { name, finished } = submission;
    const { queue, alive, held, ended, idle, unfollowed } = await findStuck(study, submission);
    // What is done changes when a task ends; looking through every record is most of the work of a look.
    const news = (await stat(join(submissionFolder(study, name), 'exit'))).mtimeMs;
    if (news !== progress?.news || performance.now() - progress.at > planMs) {
      const { done, units } = await planStudy(study);
      progress = { news, at: performance.now(), done, total: units.length };
    }
    const { done, total } = progress;
    const count = (state: string) => queue.filter((entry) => entry.state === state).length;
    const detail = `${count('RUNNING')} tasks running, ${count('PENDING')} waiting`;
    onProgress?.({ label: `submission ${name}`, done, total, detail });
    if (finished && queue.length === 0) return true;
    // Between two jobs the queue may look empty, or an array unfollowed, for a moment.
    const isStuck = held.length + ended.length + idle.length + unfollowed.length > 0;
    stuckFor = isStuck ? stuckFor + 1 : 0;
    emptyFor = alive.length ? 0 : emptyFor + 1;
    if (stuckFor >= 2) for (const line of await mendOnSlurm(study, name, signal)) say?.(line);
    else if (emptyFor >= 2 && !finished) await continueOnSlurm(study, name, signal);
    const isShownOnly = finished && !isStuck && alive.every(({ state }) => state === 'COMPLETING');
    shownSince = isShownOnly ? (shownSince ?? performance.now()) : undefined;
    if (shownSince === undefined || performance.now() - shownSince < shownMs) return false;
    const ids = queue.map(({ id }) => id).join(', ');
    say?.(`Slurm still shows ${ids}, which had ended: only the cluster's operators can take that out`);
    return true;
  };

  const start = performance.now();
  for (let seen = start; ; ) {
    throwIfAborted(signal, 'following the submission');
    const began = performance.now();
    const submission = (await latestSubmission(study))!;
    try {
      if (await look(submission)) return submission;
      seen = performance.now();
    } catch (error) {
      if (!isAway(error) || performance.now() - seen > awayMs) throw error;
      onProgress?.({
        label: `submission ${submission.name}`,
        done: progress?.done ?? 0,
        detail: 'the controller is away',
      });
    }
    // The longer it takes, the less a second matters; the scheduler is not asked more often than is of use.
    const now = performance.now();
    const pause = Math.min(30_000, Math.max(1000, (now - start) / 60, 5 * (now - began)));
    await sleep(pause, undefined, { signal }).catch(() => undefined);
  }
}

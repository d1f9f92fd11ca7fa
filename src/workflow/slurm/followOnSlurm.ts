import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../util/errors.js';
import type { WorkOptions } from '../../util/progress.js';
import { planStudy } from '../planStudy.js';
import { findStuck } from './findStuck.js';
import { continueOnSlurm, mendOnSlurm } from './runOnSlurm.js';
import { latestSubmission, type Submission } from './submission.js';

/**
 * Stays with a study's submission until it has ended: shows how many units are done and what is in the queue, releases
 * tasks that Slurm holds after a failed launch, and submits the next level itself where Slurm lost the job that would
 * have. Nothing depends on it: stopped, the submission goes on without it.
 *
 * @throws AbortedError when stopped; nothing is cancelled
 */
export async function followOnSlurm(
  folder: string,
  { signal, onProgress }: WorkOptions = {},
): Promise<Submission> {
  const study = resolve(folder);
  let [emptyFor, stuckFor] = [0, 0];
  for (;;) {
    throwIfAborted(signal, 'following the submission');
    const began = performance.now();
    const submission = (await latestSubmission(study))!;
    const { queue: states, held, ended, unfollowed } = await findStuck(study, submission);
    const { done, units } = await planStudy(study);
    const count = (state: string) => [...states.values()].filter((entry) => entry.state === state).length;
    const detail = `${count('RUNNING')} tasks running, ${count('PENDING')} waiting`;
    onProgress?.({ label: `submission ${submission.name}`, done, total: units.length, detail });
    if (submission.finished && states.size === 0) return submission;
    // Between two jobs the queue may look empty, or an array unfollowed, for a moment.
    const isStuck = held.length + ended.length + unfollowed.length > 0;
    stuckFor = isStuck ? stuckFor + 1 : 0;
    emptyFor = states.size ? 0 : emptyFor + 1;
    if (stuckFor >= 2) await mendOnSlurm(study, submission.name);
    else if (emptyFor >= 2) await continueOnSlurm(study, submission.name);
    await sleep(Math.min(30_000, Math.max(1000, 5 * (performance.now() - began))), undefined, {
      signal,
    }).catch(() => undefined);
  }
}

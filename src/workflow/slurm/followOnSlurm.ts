import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { throwIfAborted } from '../../util/errors.js';
import type { WorkOptions } from '../../util/progress.js';
import { planStudy } from '../planStudy.js';
import { queueStates } from './commands.js';
import { mendSubmission } from './mendSubmission.js';
import { continueOnSlurm } from './runOnSlurm.js';
import { jobsOf, latestSubmission, type Submission } from './submission.js';

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
  let emptySince = 0;
  for (;;) {
    throwIfAborted(signal, 'following the submission');
    const began = performance.now();
    const submission = (await latestSubmission(study))!;
    const { done, units } = await planStudy(study);
    const states = await queueStates(jobsOf(submission), study);
    const count = (state: string) => [...states.values()].filter((entry) => entry.state === state).length;
    const detail = `${count('RUNNING')} tasks running, ${count('PENDING')} waiting`;
    onProgress?.({ label: `submission ${submission.name}`, done, total: units.length, detail });
    if (submission.finished && states.size === 0) return submission;
    if (states.size) await mendSubmission(study, submission);
    // Between two levels the queue may look empty for a moment.
    emptySince = states.size ? 0 : emptySince + 1;
    if (emptySince >= 2) await continueOnSlurm(study, submission.name);
    await sleep(Math.min(30_000, Math.max(1000, 5 * (performance.now() - began))), undefined, {
      signal,
    }).catch(() => undefined);
  }
}

import { slurm } from './commands.js';
import { findStuck } from './findStuck.js';
import { type Submission, writeSubmission } from './submission.js';
import { submitFollower } from './submitJobs.js';

/**
 * Sets right what {@link findStuck} finds: releases tasks that Slurm held because their launch failed, cancels those
 * that have ended without its notice, and submits the follower again where Slurm has lost it.
 *
 * @returns what was done, in words; empty if nothing was wrong
 */
export async function mendSubmission(study: string, submission: Submission): Promise<string[]> {
  const done: string[] = [];
  const { held, ended, unfollowed } = await findStuck(study, submission);
  for (const id of held) {
    await slurm('scontrol', ['release', id]);
    // Slurm would let two minutes pass before it tries again.
    await slurm('scontrol', ['update', `jobid=${id}`, 'starttime=now']);
  }
  if (held.length) done.push(`released ${held.join(', ')}, which Slurm held after a failed launch`);
  for (const id of ended) await slurm('scancel', [id]);
  if (ended.length) done.push(`cancelled ${ended.join(', ')}, which had ended without Slurm's notice`);
  if (unfollowed.length) {
    await submitFollower(study, submission, unfollowed);
    await writeSubmission(study, submission);
    done.push('submitted again the job that goes on when these have ended, which Slurm had lost');
  }
  return done;
}

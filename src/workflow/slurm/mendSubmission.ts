import { isGone, slurm } from './commands.js';
import { findStuck, maxTries } from './findStuck.js';
import type { QueueEntry } from './queueEntries.js';
import { type Submission, writeSubmission } from './submission.js';
import { submitFollower } from './submitJobs.js';

/**
 * Sets right what {@link findStuck} finds: releases tasks that Slurm held because their launch failed, cancels those
 * that have ended without its notice, lets a follower go that waits for what Slurm no longer knows, and submits a
 * follower again where Slurm has lost it. A task that is held again and again is cancelled, so that its units are
 * submitted under another id; one that stays although cancelled several times is left to the cluster's operators.
 *
 * @returns what was done, in words; empty if nothing was wrong
 */
export async function mendSubmission(study: string, submission: Submission): Promise<string[]> {
  const done: string[] = [];
  const { held, ended, idle, unfollowed } = await findStuck(study, submission);
  const tried = { ...submission.tried };
  for (const { id } of [...held, ...ended]) tried[id] = (tried[id] ?? 0) + 1;
  const say = (entries: readonly QueueEntry[], what: (ids: string) => string) => {
    if (entries.length) done.push(what(entries.map(({ id }) => id).join(', ')));
  };
  const again = held.filter(({ id }) => tried[id]! <= maxTries);
  for (const { id } of again) {
    await unlessGone(slurm('scontrol', ['release', id]));
    // Slurm would let two minutes pass before it tries again.
    await unlessGone(slurm('scontrol', ['update', `jobid=${id}`, 'starttime=now']));
  }
  say(again, (ids) => `released ${ids}, which Slurm held after a failed launch`);
  const refused = held.filter(({ id }) => tried[id]! > maxTries);
  for (const { id } of [...refused, ...ended]) await unlessGone(slurm('scancel', [id]));
  say(refused, (ids) => `cancelled ${ids}, whose launch failed ${maxTries + 1} times`);
  say(ended, (ids) => `cancelled ${ids}, which had ended without Slurm's notice`);
  for (const { id } of idle)
    await unlessGone(
      submission.finished
        ? slurm('scancel', [id])
        : slurm('scontrol', ['update', `jobid=${id}`, 'dependency=']),
    );
  say(idle, (ids) =>
    submission.finished
      ? `cancelled ${ids}, which had nothing left to do`
      : `let ${ids} go, which waited for jobs that have ended`,
  );
  if (unfollowed.length) {
    await submitFollower(study, submission, unfollowed);
    done.push('submitted again the job that goes on when these have ended, which Slurm had lost');
  }
  if (done.length) await writeSubmission(study, Object.assign(submission, { tried }));
  return done;
}

/** A job that left the queue in the meantime needs no mending. */
async function unlessGone(call: Promise<string>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

import type { SlurmArray, Submission } from './submission.js';

/**
 * Arrays that have tasks in the queue (or are new: from number `before` on) while no job in the queue would go on when
 * they end.
 */
export function unfollowedArrays(
  { arrays, followers }: Submission,
  alive: ReadonlySet<string>,
  before = arrays.length,
): SlurmArray[] {
  const queued = new Set([...alive].map((id) => id.split('_')[0]!));
  const followed = new Set(followers.filter((job) => alive.has(job)));
  return arrays.filter(
    ({ job, follower }, index) =>
      (index >= before && follower === undefined) ||
      (index < before && queued.has(job) && !followed.has(follower ?? '')),
  );
}

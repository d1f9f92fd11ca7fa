import type { QueueEntry } from './queueEntries.js';
import type { SlurmArray, Submission } from './submission.js';

/**
 * Arrays that have tasks in the queue (or are new: from number `before` on) while no job in the queue would go on when
 * they end.
 */
export function unfollowedArrays(
  { arrays }: Submission,
  alive: readonly QueueEntry[],
  before = arrays.length,
): SlurmArray[] {
  const queued = new Set(alive.map(({ task }) => task?.array));
  const followers = new Set(alive.filter(({ task }) => !task).map(({ id }) => id));
  return arrays.filter(({ follower }, number) =>
    number >= before ? follower === undefined : queued.has(number) && !followers.has(follower ?? ''),
  );
}

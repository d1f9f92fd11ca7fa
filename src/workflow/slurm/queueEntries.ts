import { InputError } from '../../util/errors.js';
import { slurm } from './commands.js';
import { arrayScript, exitFile, followerScript, type Submission } from './submission.js';

/** Where one job or array element of a submission stands in Slurm's queue. */
export interface QueueEntry {
  /** Slurm's id: `12_3`; of a follower `13`. */
  id: string;
  /** `RUNNING`, `PENDING`, … */
  state: string;
  /** Why it does not run, or where it does. */
  reason: string;
  /** When it started, in ms since 1970; NaN if it has not. */
  started: number;
  /** Which element of which array of the submission it is; undefined for a follower. */
  task?: { array: number; index: number };
  /** The file its exit code is written to. */
  exit: string;
}

/**
 * Jobs and array elements of a submission that Slurm has in its queue. A controller that crashed gives ids again, to
 * somebody else's job or to another one of this submission, so that a job is known by its id and its script.
 */
export async function queueEntries(study: string, submission: Submission): Promise<QueueEntry[]> {
  const { arrays, followers } = submission;
  const found: QueueEntry[] = [];
  const ids = [...new Set([...arrays.map(({ job }) => job), ...followers])];
  const scripts = new Map(
    arrays.map(({ job }, array) => [arrayScript(study, submission, array), { job, array }]),
  );
  for (const [id, state, started, reason, script] of await askFor(ids)) {
    const entry = { id, state, reason, started: Number(started) * 1000 };
    const [job, index] = id.split('_');
    const array = scripts.get(script);
    if (array && array.job === job && index !== undefined) {
      const task = { array: array.array, index: Number(index) };
      found.push({ ...entry, task, exit: exitFile(study, submission, task) });
    } else if (script === followerScript(study, submission) && followers.includes(id)) {
      found.push({ ...entry, exit: exitFile(study, submission, id) });
    }
  }
  return found;
}

type Line = [id: string, state: string, started: string, reason: string, script: string];

async function askFor(jobs: readonly string[]): Promise<Line[]> {
  if (jobs.length === 0) return [];
  const words = ['--noheader', '--array', '--format=%i|%T|%S|%R|%o', `--jobs=${jobs.join(',')}`];
  try {
    const lines = (await slurm('squeue', words)).split('\n').filter(Boolean);
    return lines.map((line) => {
      const [id, state, started, reason, ...script] = line.trim().split('|');
      return [id, state, started, reason, script.join('|')] as Line;
    });
  } catch (error) {
    // Slurm forgets ended jobs after a while and then calls their ids invalid: nothing of ours is queued.
    if (error instanceof InputError && /Invalid job id/i.test(String(error.value))) {
      if (jobs.length === 1) return [];
      return (await Promise.all(jobs.map((job) => askFor([job])))).flat();
    }
    throw error;
  }
}

/** Whether Slurm held a job because its launch failed, as happens around a crash of the controller. */
export const isHeld = ({ state, reason }: QueueEntry) =>
  state === 'PENDING' && /launch.failed|held/i.test(reason);

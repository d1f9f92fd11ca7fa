import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { InputError, MissingError } from '../../util/errors.js';

const execute = promisify(execFile);

/** How long a job on the cluster waits for a controller that is away; at a terminal the answer comes at once. */
const patienceMs = () => (process.env['SLURM_JOB_ID'] ? 5 * 60_000 : 0);

/** What Slurm says where it certainly has not done what was asked. */
const away = /connect failure|Connection refused/i;

/**
 * Runs one of Slurm's commands and returns its output; a missing command or a refusal is a named error. In a job, a
 * controller that cannot be reached is waited for.
 */
export async function slurm(command: string, words: readonly string[]): Promise<string> {
  const start = performance.now();
  for (;;) {
    try {
      return (await execute(command, [...words], { maxBuffer: 64 << 20 })).stdout.trim();
    } catch (error) {
      const { stderr = '' } = error as { stderr?: string };
      if (!away.test(stderr) || performance.now() - start > patienceMs())
        throw refusal(command, words, error);
      await sleep(2000);
    }
  }
}

function refusal(command: string, words: readonly string[], cause: unknown): Error {
  const error = cause as NodeJS.ErrnoException & { stderr?: string };
  if (error.code === 'ENOENT') {
    const fix = 'log in to a machine of the cluster, or run here without --on slurm';
    return new MissingError(command, 'is not on the PATH', fix, cause);
  }
  const said = (error.stderr ?? error.message).trim().split('\n').at(-1)!.replace(`${command}: error: `, '');
  const options = words.filter((word) => word.startsWith('--')).join(' ');
  return new InputError(`${command} ${options}`, said, 'accepted by Slurm', adviceFor(said), cause);
}

/** Whether Slurm refused for the number of jobs or tasks: fewer at once may be taken. */
export function isQuota(error: unknown): boolean {
  const said = error instanceof InputError ? String(error.value) : '';
  return /policy|submit limit|quota|temporarily unavailable|MaxSubmit|MaxJob/i.test(said);
}

function adviceFor(said: string): string {
  if (/partition/i.test(said)) return 'choose a partition that "sinfo" lists: --partition NAME';
  if (/account/i.test(said))
    return 'choose an account of yours: --account NAME (see "sacctmgr show associations")';
  if (/qos|limit|quota|temporarily/i.test(said)) return 'ask for less at once: --max-jobs N, --pack N';
  return 'see "sinfo" and your cluster\'s documentation';
}

/** Most elements one array may have on this cluster: MaxArraySize, which no index may reach, counted from 0. */
export async function maxArraySize(): Promise<number> {
  const found = /MaxArraySize\s*=\s*(\d+)/.exec(await slurm('scontrol', ['show', 'config']));
  return found ? Number(found[1]) : 1001;
}

/** Where one queued or running job or array element stands. */
export interface QueueEntry {
  /** `RUNNING`, `PENDING`, … */
  state: string;
  /** Slurm held it because its launch failed, as happens around a crash of the controller. */
  held: boolean;
}

/**
 * Queue entries of those of the given jobs that are this study's: `"12_3" → { state: "RUNNING" }`. A controller that
 * crashed may give an id of ours to somebody else's job, so the working folder is compared too.
 */
export async function queueStates(jobs: readonly string[], study: string): Promise<Map<string, QueueEntry>> {
  if (jobs.length === 0) return new Map();
  const words = ['--noheader', '--array', '--format=%i|%T|%R|%Z', `--jobs=${jobs.join(',')}`];
  try {
    const lines = (await slurm('squeue', words)).split('\n').filter(Boolean);
    const entries = lines.map((line) => {
      const [id, state, reason, ...folder] = line.trim().split('|') as [string, string, string, ...string[]];
      const entry = { state, held: state === 'PENDING' && /launch.failed|held/i.test(reason) };
      return [id, entry, folder.join('|')] as const;
    });
    return new Map(entries.filter((each) => each[2] === study).map(([id, entry]) => [id, entry]));
  } catch (error) {
    // Slurm forgets ended jobs after a while and then calls their ids invalid: nothing of ours is queued.
    if (error instanceof InputError && /Invalid job id/i.test(String(error.value))) {
      if (jobs.length === 1) return new Map();
      const each = await Promise.all(jobs.map((job) => queueStates([job], study)));
      return new Map(each.flatMap((states) => [...states]));
    }
    throw error;
  }
}

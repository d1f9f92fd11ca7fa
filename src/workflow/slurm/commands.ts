import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { InputError, MissingError } from '../../util/errors.js';

const execute = promisify(execFile);

/** How long a job on the cluster waits for a controller that is away; at a terminal the answer comes at once. */
const patienceMs = () => (process.env['SLURM_JOB_ID'] ? 5 * 60_000 : 0);

/** What Slurm says where it certainly has not done what was asked. */
const away = /connect failure|Connection refused/i;
/** What a busy or starting controller says; it may have done what was asked. */
const busy = /timed out|Zero Bytes/i;

/**
 * Runs one of Slurm's commands and returns its output; a missing command or a refusal is a named error. In a job, a
 * controller that cannot be reached is waited for. Times are printed in seconds since 1970.
 */
export async function slurm(command: string, words: readonly string[]): Promise<string> {
  const env = { ...process.env, SLURM_TIME_FORMAT: '%s' };
  const start = performance.now();
  for (;;) {
    try {
      return (await execute(command, [...words], { maxBuffer: 64 << 20, env })).stdout.trim();
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

/** Whether the controller could not be reached, or a question was not answered: the same may be tried again. */
export function isAway(error: unknown): boolean {
  if (!(error instanceof InputError)) return false;
  const said = String(error.value);
  return away.test(said) || (error.what!.startsWith('squeue') && busy.test(said));
}

/** Whether Slurm refused because the job has left the queue, or is no longer in the state it was seen in. */
export function isGone(error: unknown): boolean {
  const said = error instanceof InputError ? String(error.value) : '';
  return /Invalid job id|already complet|no longer pending|not (pending|held)/i.test(said);
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

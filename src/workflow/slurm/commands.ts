import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { InputError, MissingError } from '../../util/errors.js';

const execute = promisify(execFile);

/** Runs one of Slurm's commands and returns its output; a missing command or a refusal is a named error. */
export async function slurm(command: string, words: readonly string[]): Promise<string> {
  try {
    return (await execute(command, [...words], { maxBuffer: 64 << 20 })).stdout.trim();
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException & { stderr?: string };
    if (error.code === 'ENOENT') {
      throw new MissingError(
        ...([
          command,
          'is not on the PATH',
          'log in to a machine of the cluster, or run here without --on slurm',
        ] as const),
        cause,
      );
    }
    const said = (error.stderr ?? error.message)
      .trim()
      .split('\n')
      .at(-1)!
      .replace(`${command}: error: `, '');
    throw new InputError(
      `${command} ${words.filter((word) => word.startsWith('--')).join(' ')}`,
      said,
      'accepted by Slurm',
      adviceFor(said),
      cause,
    );
  }
}

function adviceFor(said: string): string {
  if (/partition/i.test(said)) return 'choose a partition that "sinfo" lists: --partition NAME';
  if (/account/i.test(said))
    return 'choose an account of yours: --account NAME (see "sacctmgr show associations")';
  if (/qos|limit|quota/i.test(said)) return 'ask for less at once: --max-jobs N, --pack N';
  return 'see "sinfo" and your cluster\'s documentation';
}

/** Most elements one array may have on this cluster (MaxArraySize; its largest index is one less). */
export async function maxArraySize(): Promise<number> {
  const found = /MaxArraySize\s*=\s*(\d+)/.exec(await slurm('scontrol', ['show', 'config']));
  return found ? Number(found[1]) : 1001;
}

/** State of each queued or running element of the given jobs: `"12_3" → "RUNNING"`. */
export async function queueStates(jobs: readonly string[]): Promise<Map<string, string>> {
  if (jobs.length === 0) return new Map();
  try {
    const lines = await slurm('squeue', [
      '--noheader',
      '--array',
      '--format=%i %T',
      `--jobs=${jobs.join(',')}`,
    ]);
    return new Map(
      lines
        .split('\n')
        .filter(Boolean)
        .map((line) => line.trim().split(/\s+/) as [string, string]),
    );
  } catch (error) {
    // Slurm forgets ended jobs after a while and then calls their ids invalid: nothing of ours is queued.
    if (error instanceof InputError && /Invalid job id/i.test(String(error.value))) {
      if (jobs.length === 1) return new Map();
      const each = await Promise.all(jobs.map((job) => queueStates([job])));
      return new Map(each.flatMap((states) => [...states]));
    }
    throw error;
  }
}

import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Unit } from '../../study/index.js';
import { planStudy, type StudyPlan } from '../planStudy.js';
import { cliCommand, shellQuote as quote } from '../unitCommand.js';
import { maxArraySize, slurm } from './commands.js';
import { type PackOptions, packUnits } from './packUnits.js';
import { type SlurmArray, type Submission, submissionFolder, writeSubmission } from './submission.js';

/**
 * Submits every unit that can run now, and one small job that calls this again when they have ended. So a study walks
 * through its levels on the cluster alone: no shell and no daemon has to stay.
 *
 * A unit whose task was killed (memory, time) is tried once more with twice of both; one that failed by itself, or was
 * killed twice, is not tried again, and what depends on it is left out while everything else goes on.
 *
 * @returns the submission, `finished` when nothing is left that could run
 */
export async function advanceSubmission(study: string, submission: Submission): Promise<Submission> {
  const plan = await planStudy(study);
  const killed = await settleFailures(plan, submission);
  const runnable = plan.units.filter(
    ({ unit, state, waits }) => !state.done && waits.length === 0 && !(unit.id in submission.failed),
  );
  const limit = Math.max(1, (await maxArraySize()) - 1);
  const { pack, cpus = 2 } = submission.request;
  const first = runnable.filter(({ unit }) => !killed.has(unit.id)).map(({ unit }) => unit);
  const again = runnable.filter(({ unit }) => killed.has(unit.id)).map(({ unit }) => unit);
  const submit = async (units: Unit[], attempt: number, options: Partial<PackOptions>) => {
    for (const packed of packUnits(units, { cpus, maxTasks: limit, ...options })) {
      submission.arrays.push(await submitArray(study, submission, { ...packed, attempt }));
      await writeSubmission(study, submission);
    }
  };
  const before = submission.arrays.length;
  let refused: unknown;
  try {
    await submit(first, 1, { pack });
    // Twice of what its task had, which may have been more than the unit's own estimate.
    for (const array of new Set(again.map(({ id }) => killed.get(id)!))) {
      const units = again.filter(({ id }) => killed.get(id) === array);
      await submit(units, 2, { pack: 1, atLeast: twice(array) });
    }
  } catch (error) {
    refused = error;
  }
  const jobs = submission.arrays.slice(before).map(({ job }) => job);
  // Jobs that Slurm took before it refused one are followed all the same: the follower submits the rest.
  if (jobs.length) submission.followers.push(await submitFollower(study, submission, jobs));
  else if (!refused) submission.finished = true;
  await writeSubmission(study, submission);
  if (refused) throw refused;
  return submission;
}

const twice = ({ memoryMegabytes, minutes }: SlurmArray) => ({
  memoryMegabytes: 2 * memoryMegabytes,
  minutes: 2 * minutes,
});

/** Reads the exit codes of the last level's tasks: which units were killed once, and which have failed for good. */
async function settleFailures(
  { folder: study, units }: StudyPlan,
  submission: Submission,
): Promise<Map<string, SlurmArray>> {
  const killed = new Map<string, SlurmArray>();
  const pending = new Set(units.filter(({ state }) => !state.done).map(({ unit }) => unit.id));
  for (const array of submission.arrays) {
    for (const [index, task] of array.tasks.entries()) {
      const left = task.filter((id) => pending.has(id) && !(id in submission.failed));
      if (left.length === 0) continue;
      const path = join(submissionFolder(study, submission.name), 'exit', `${array.job}_${index}`);
      const code = existsSync(path) ? Number(await readFile(path, 'utf8')) : undefined;
      const wasKilled = code === undefined || code > 128;
      const log = join(submissionFolder(study, submission.name), 'logs', `${array.job}_${index}.log`);
      for (const id of left) {
        if (wasKilled && array.attempt === 1) killed.set(id, array);
        else {
          killed.delete(id);
          submission.failed[id] = wasKilled
            ? `killed twice, with ${array.memoryMegabytes} MB and ${array.minutes} min at the end; see ${log}`
            : `failed; see ${log}`;
        }
      }
    }
  }
  return killed;
}

async function submitArray(
  study: string,
  submission: Submission,
  { stage, tasks, memoryMegabytes, minutes, attempt }: Omit<SlurmArray, 'job'>,
): Promise<SlurmArray> {
  const { request } = submission;
  const folder = submissionFolder(study, submission.name);
  const list = join(folder, `tasks-${submission.arrays.length}.txt`);
  await writeFile(list, `${tasks.map((task) => task.join(' ')).join('\n')}\n`);
  const script = join(folder, `array-${submission.arrays.length}.sh`);
  const engine = request.engine ? ` --engine ${request.engine}` : '';
  await writeFile(
    script,
    [
      '#!/bin/bash',
      `units=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quote(list)})`,
      // A task that Slurm requeues must not be judged by the exit code of its earlier run.
      `result=${quote(`${folder}/exit`)}/"\${SLURM_ARRAY_JOB_ID}_\${SLURM_ARRAY_TASK_ID}"`,
      'rm -f "$result"',
      `${cliCommand()} unit ${quote(study)} $units --threads "\${SLURM_CPUS_PER_TASK:-1}"${engine} --quiet`,
      'code=$?',
      'echo $code > "$result"',
      'exit $code',
      '',
    ].join('\n'),
  );
  const atOnce = request.maxJobs ? `%${request.maxJobs}` : '';
  const job = await slurm('sbatch', [
    ...['--parsable', `--job-name=sdc-${stage}`, `--array=0-${tasks.length - 1}${atOnce}`],
    ...[`--output=${folder}/logs/%A_%a.log`, '--requeue', `--chdir=${study}`],
    ...[`--cpus-per-task=${request.cpus ?? 2}`, `--mem=${memoryMegabytes}`, `--time=${minutes}`],
    ...(request.gres ? [`--gres=${request.gres}`] : []),
    ...common(submission),
    script,
  ]);
  return { job: job.split(';')[0]!, stage, attempt, tasks, memoryMegabytes, minutes };
}

async function submitFollower(study: string, submission: Submission, jobs: string[]): Promise<string> {
  const folder = submissionFolder(study, submission.name);
  const script = join(folder, 'follow.sh');
  await writeFile(
    script,
    `#!/bin/bash\nexec ${cliCommand()} slurm-advance ${quote(study)} --submission ${submission.name}\n`,
  );
  const job = await slurm('sbatch', [
    ...['--parsable', '--job-name=sdc-next', `--dependency=afterany:${jobs.join(':')}`],
    ...[`--output=${folder}/logs/next-%j.log`, '--requeue', `--chdir=${study}`],
    ...['--cpus-per-task=1', '--mem=1024', '--time=30'],
    ...common(submission),
    script,
  ]);
  return job.split(';')[0]!;
}

function common({ request }: Submission): string[] {
  const { partition, account, qos } = request;
  return [
    ...(partition ? [`--partition=${partition}`] : []),
    ...(account ? [`--account=${account}`] : []),
    ...(qos ? [`--qos=${qos}`] : []),
  ];
}

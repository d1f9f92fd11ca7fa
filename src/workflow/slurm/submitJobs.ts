import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cliCommand, shellQuote as quote } from '../unitCommand.js';
import { slurm } from './commands.js';
import {
  arrayScript,
  followerScript,
  type SlurmArray,
  type Submission,
  submissionFolder,
} from './submission.js';

/** Submits one array; throws what Slurm says if it refuses. */
export async function submitArray(
  study: string,
  submission: Submission,
  { stage, tasks, memoryMegabytes, minutes, attempt, long }: Omit<SlurmArray, 'job'>,
): Promise<SlurmArray> {
  const { request } = submission;
  const folder = submissionFolder(study, submission.name);
  const number = submission.arrays.length;
  const list = join(folder, `tasks-${number}.txt`);
  await writeFile(list, `${tasks.map((task) => task.join(' ')).join('\n')}\n`);
  const script = arrayScript(study, submission, number);
  const engine = request.engine ? ` --engine ${request.engine}` : '';
  await writeFile(
    script,
    [
      '#!/bin/bash',
      `units=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" ${quote(list)})`,
      // A task that Slurm requeues must not be judged by the exit code of its earlier run.
      `result=${quote(`${folder}/exit/array-${number}`)}_$SLURM_ARRAY_TASK_ID`,
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
  return { job: job.split(';')[0]!, stage, attempt, tasks, memoryMegabytes, minutes, long };
}

/** Submits the small job that calls `advanceSubmission` once these arrays have ended. */
export async function submitFollower(
  study: string,
  submission: Submission,
  arrays: readonly SlurmArray[],
): Promise<void> {
  const folder = submissionFolder(study, submission.name);
  const script = followerScript(study, submission);
  await writeFile(
    script,
    [
      '#!/bin/bash',
      `result=${quote(`${folder}/exit/next-`)}$SLURM_JOB_ID`,
      'rm -f "$result"',
      'code=1',
      // Were the follower to give up at the first refusal, nobody would submit the next level.
      'for wait in 10 60 300 600; do',
      `  ${cliCommand()} slurm-advance ${quote(study)} --submission ${submission.name} && code=0 && break`,
      '  sleep $wait',
      'done',
      'echo $code > "$result"',
      'exit $code',
      '',
    ].join('\n'),
  );
  const job = await slurm('sbatch', [
    ...[
      '--parsable',
      '--job-name=sdc-next',
      `--dependency=afterany:${arrays.map((array) => array.job).join(':')}`,
    ],
    ...[`--output=${folder}/logs/next-%j.log`, '--requeue', `--chdir=${study}`],
    ...['--cpus-per-task=1', '--mem=1024', '--time=60'],
    ...common(submission),
    script,
  ]);
  const follower = job.split(';')[0]!;
  submission.followers.push(follower);
  for (const array of arrays) array.follower = follower;
}

function common({ request }: Submission): string[] {
  const { partition, account, qos } = request;
  return [
    ...(partition ? [`--partition=${partition}`] : []),
    ...(account ? [`--account=${account}`] : []),
    ...(qos ? [`--qos=${qos}`] : []),
  ];
}

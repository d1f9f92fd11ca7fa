import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** What is asked of Slurm for every task; all optional. */
export interface SlurmRequest {
  partition?: string;
  account?: string;
  qos?: string;
  /** Generic resources: `gpu:1`. */
  gres?: string;
  /** Most array elements running at once. */
  maxJobs?: number;
  /** Units that share one task; default: as many as make some ten minutes of work. */
  pack?: number;
  /** Cores of a task. Default 2. */
  cpus?: number;
  /** Engine passed to every unit. */
  engine?: string;
}

/** One array of tasks: line i of its task file lists the units of element i. */
export interface SlurmArray {
  job: string;
  stage: string;
  attempt: number;
  tasks: string[][];
  memoryMegabytes: number;
  minutes: number;
  /** Whether its tasks take long: then its end is followed by itself. */
  long: boolean;
  /** The job that submits what can run once this array has ended. */
  follower?: string;
}

/** Everything known of one `sdc run --on slurm`; kept in `.slurm/NAME/submission.json` of the study. */
export interface Submission {
  name: string;
  request: SlurmRequest;
  arrays: SlurmArray[];
  /** The small jobs that submit what can run next when an array, or all short arrays of one moment, have ended. */
  followers: string[];
  /** Units that will not be tried again in this submission, with the reason. */
  failed: Record<string, string>;
  /** Units that failed only because an input was damaged, with the array whose verdict does not count. */
  excused: Record<string, string>;
  /** How often each job of the queue was released or cancelled to set the submission right after a crash. */
  tried?: Record<string, number>;
  /** What Slurm refused at the last attempt to submit: the rest is tried again when the jobs it took have ended. */
  refused?: string;
  finished: boolean;
}

const root = (study: string) => join(study, '.slurm');

/** Folder of a submission's task files, logs and exit codes. */
export const submissionFolder = (study: string, name: string) => join(root(study), name);

/** Script of an array of a submission, by its number: Slurm may give a job id twice, this is given once. */
export const arrayScript = (study: string, { name }: Submission, array: number) =>
  join(submissionFolder(study, name), `array-${array}.sh`);

/** Script of a submission's followers. */
export const followerScript = (study: string, { name }: Submission) =>
  join(submissionFolder(study, name), 'follow.sh');

/** File of the exit code of an element of an array, or of a follower by its job id. */
export const exitFile = (
  study: string,
  { name }: Submission,
  of: { array: number; index: number } | string,
) =>
  join(
    submissionFolder(study, name),
    'exit',
    typeof of === 'string' ? `next-${of}` : `array-${of.array}_${of.index}`,
  );

/** The latest submission of a study, if any. */
export async function latestSubmission(study: string): Promise<Submission | undefined> {
  const names = existsSync(root(study))
    ? (await readdir(root(study))).filter((name) => /^\d+$/.test(name))
    : [];
  const last = names.sort((a, b) => Number(a) - Number(b)).at(-1);
  return last === undefined ? undefined : readSubmission(study, last);
}

export async function readSubmission(study: string, name: string): Promise<Submission> {
  return JSON.parse(
    await readFile(join(submissionFolder(study, name), 'submission.json'), 'utf8'),
  ) as Submission;
}

/** Writes a submission whole or not at all. */
export async function writeSubmission(study: string, submission: Submission): Promise<void> {
  const folder = submissionFolder(study, submission.name);
  await mkdir(join(folder, 'logs'), { recursive: true });
  await mkdir(join(folder, 'exit'), { recursive: true });
  const path = join(folder, 'submission.json');
  await writeFile(`${path}.new`, `${JSON.stringify(submission, null, 2)}\n`);
  await rename(`${path}.new`, path);
}

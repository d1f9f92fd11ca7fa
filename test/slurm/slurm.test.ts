import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, type TestContext } from 'vitest';
import { initStudy, runStudy } from '../../src/workflow/index.js';
import { Cluster, results, shorten, slurmLack, writeSmallData } from './cluster.js';

const lack = slurmLack();
const few = { steps: 20, batch: 16, runs: 2, alphas: [1, 100], permutations: 20 };
let root: string;
let data: string;
let cluster: Cluster;
/** What one machine makes of the same study. */
let expected: Map<string, string>;
let study: string;
let count = 0;

async function newStudy(name: string, source = data): Promise<string> {
  const folder = join(root, `${name}-${count++}`);
  await initStudy(source, folder);
  await shorten(folder, few);
  return folder;
}

beforeAll(async () => {
  if (lack) return;
  root = await mkdtemp(join(tmpdir(), 'sdc-studies-'));
  data = join(root, 'data');
  await writeSmallData(data);
  const alone = await newStudy('alone');
  await runStudy(alone);
  expected = results(alone);
  cluster = new Cluster(2);
}, 120_000);

afterAll(async () => {
  cluster?.stop();
  if (root) await rm(root, { recursive: true, force: true });
});

beforeEach(async (context: TestContext) => {
  if (lack) context.skip(lack);
  study = await newStudy('study');
});

afterEach(async () => {
  if (lack) return;
  cluster.call('scancel', '--quiet', '--user=root');
  // Slurm refuses to resume a node that is not drained.
  for (const node of cluster
    .call('sinfo', '--noheader', '--Node', '--states=drain', '--format=%N')
    .split('\n'))
    if (node) cluster.call('scontrol', 'update', `nodename=${node}`, 'state=resume');
  await cluster.drained();
});

const submit = (...words: string[]) => cluster.sdc('run', study, '--on', 'slurm', '--threads', '1', ...words);
/** Kills the tasks that write at this moment (a unit's staging folder begins with its process); returns how many. */
function killWriters(folder: string): number {
  let nKilled = 0;
  const staging = join(folder, '.staging');
  for (const name of existsSync(staging) ? readdirSync(staging) : []) {
    try {
      process.kill(Number(name.split('@')[0]), 'SIGKILL');
      nKilled++;
    } catch {
      // it has just ended
    }
  }
  return nKilled;
}
const running = (stage: string) =>
  cluster.call('squeue', '--noheader', '--states=R', `--name=sdc-${stage}`, '--format=%A') !== '';

describe('sdc run --on slurm', { timeout: 300_000 }, () => {
  it('gives the bytes of one machine, from job arrays that follow each other, and then has nothing to do', async () => {
    expect(submit()).toMatch(/submitted \d+ tasks/);
    await cluster.drained();
    expect(cluster.sdc('status', study)).toContain('0 left');
    expect(results(study)).toEqual(expected);
    expect(submit()).toContain('nothing to do');
  });

  it('keeps to the limit of the array and of tasks at once, by splitting', async () => {
    submit('--pack', '1', '--max-jobs', '1');
    await cluster.until(() => running('prepare'));
    expect(
      cluster.call('squeue', '--noheader', '--states=R', '--array').split('\n').length,
    ).toBeLessThanOrEqual(2);
    cluster.sdc('cancel', study);
    await cluster.drained();
  });

  it('refuses a second submission while the first is queued, and a wrong partition in Slurm’s own words', async () => {
    submit('--pack', '1');
    expect(() => submit()).toThrow('is on Slurm already as jobs');
    cluster.sdc('cancel', study);
    await cluster.drained();
    expect(() => submit('--partition', 'nowhere')).toThrow(
      /partition.*choose a partition that "sinfo" lists/i,
    );
  });

  it('goes on after its jobs were cancelled, with only what is left', async () => {
    submit('--pack', '1');
    await cluster.until(() => running('decode'));
    cluster.sdc('cancel', study);
    await cluster.drained();
    submit();
    await cluster.drained();
    expect(results(study)).toEqual(expected);
  });

  it('loses nothing when tasks are killed while they write', async () => {
    submit('--pack', '1');
    await cluster.until(() => running('decode'));
    for (let i = 0; i < 2; i++) await cluster.until(() => killWriters(study) > 0);
    await cluster.drained();
    const submission = JSON.parse(readFileSync(join(study, '.slurm/1/submission.json'), 'utf8'));
    expect(submission.arrays.some(({ attempt }: { attempt: number }) => attempt === 2)).toBe(true);
    submit();
    await cluster.drained();
    expect(results(study)).toEqual(expected);
  });

  it('survives a drained node and a controller that is killed and restarted', async () => {
    submit('--pack', '1');
    await cluster.until(() => running('decode'));
    cluster.call('scontrol', 'update', 'nodename=node1', 'state=drain', 'reason=test');
    await cluster.restartController();
    await cluster.drained();
    cluster.call('scontrol', 'update', 'nodename=node1', 'state=resume');
    expect(results(study)).toEqual(expected);
  });

  it('completes the rest when a unit always fails, and names it and its log', async () => {
    const broken = join(root, `broken-${count++}`);
    await writeSmallData(broken, 'sub-03');
    study = await newStudy('with-broken', broken);
    submit();
    await cluster.drained();
    const status = cluster.sdc('status', study);
    const [, log] = /✗ prepare\/sub-03: failed; see (\S+\.log)/.exec(status)!;
    expect(readFileSync(log!, 'utf8')).toContain('betas.npy[0, 5] is NaN');
    for (const participant of ['sub-01', 'sub-02', 'sub-04']) {
      expect(existsSync(join(study, participant, 'decoder/metrics.tsv'))).toBe(true);
    }
    expect(existsSync(join(study, 'report.html'))).toBe(false);
  });

  it('reports a full disk, and completes once there is room', async () => {
    const small = join(root, `disk-${count++}`);
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', small]);
    try {
      study = join(small, 'study');
      await initStudy(data, study);
      await shorten(study, few);
      submit();
      await cluster.drained();
      expect(cluster.sdc('status', study)).toMatch(/✗ report\/page: failed/);
      execFileSync('mount', ['-o', 'remount,size=60m', small]);
      submit();
      await cluster.drained();
      expect(results(study)).toEqual(expected);
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

describe('sdc run --on slurm without Slurm', () => {
  it('says so', () => {
    const call = () =>
      execFileSync(process.execPath, ['dist/cli.js', 'run', study, '--on', 'slurm'], {
        env: { PATH: '/nowhere' },
        stdio: 'pipe',
      });
    expect(call).toThrow(/scontrol is not on the PATH/);
  });
});

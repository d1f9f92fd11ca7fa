import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { useBench } from './studies.js';

const bench = useBench();

describe('sdc run --on slurm', { timeout: 300_000 }, () => {
  it('gives the bytes of one machine, from job arrays that follow each other, and then has nothing to do', async () => {
    expect(bench.submit()).toMatch(/submitted \d+ tasks in \d+ arrays; the rest follows/);
    const joined = bench.submit('--wait');
    expect(joined).toMatch(/^submission 1 is on Slurm already; following it\n[\s\S]*every unit is done\n$/);
    expect(bench.cluster.call('squeue', '--noheader')).toBe('');
    expect(bench.cluster.sdc('status', bench.study)).toMatch(/, 0 left[\s\S]*no job left/);
    expect(bench.results()).toEqual(bench.expected);
    expect(bench.submit()).toContain('nothing to do');
  });

  it('splits what exceeds the limit of an array, and keeps to the tasks wanted at once', async () => {
    const tooMany = ['--array=0-9', '--wrap=true', '--output=/dev/null'];
    expect(() => bench.cluster.call('sbatch', ...tooMany)).toThrow(/Invalid job array specification/);
    bench.cluster.sdc('run', bench.study, '--to', 'embed');
    const path = join(bench.study, 'study.json');
    const config = JSON.parse(readFileSync(path, 'utf8'));
    config.decode.runs = 5;
    execFileSync('tee', [path], { input: JSON.stringify(config) });
    bench.submit('--pack', '1', '--max-jobs', '1');
    const sizes = bench.submission().arrays.map(({ tasks }) => tasks.length);
    expect(sizes).toEqual([9, 9, 2]);
    await bench.cluster.until('a training runs', () => bench.running('decode'));
    const running = bench.cluster.call('squeue', '--noheader', '--states=R', '--array', '--format=%A');
    expect(running.split('\n').length).toBeLessThanOrEqual(sizes.length);
    bench.cluster.sdc('cancel', bench.study);
  });

  it('lets one of two submissions at the same moment through, and refuses a third while that is queued', async () => {
    const words = ['run', bench.study, '--on', 'slurm', '--pack', '1'];
    const both = await Promise.all([bench.cluster.sdcBeside(...words), bench.cluster.sdcBeside(...words)]);
    expect(both.map(({ code }) => code).sort()).toEqual([0, 2]);
    const refused = both.find(({ code }) => code === 2)!;
    expect(refused.said).toMatch(/lock is held by process \d+ on \S+ since|is on Slurm already as jobs/);
    expect(() => bench.submit()).toThrow('is on Slurm already as jobs');
    // Every job that Slurm was given for this study is one of the submission's, and there is no other submission.
    const given = bench.cluster
      .call('squeue', '--noheader', '--states=all', '--format=%F %Z')
      .split('\n')
      .map((line) => line.trim().split(' '))
      .filter(([, folder]) => folder === bench.study)
      .map(([job]) => job!);
    const ours = () => [...bench.submission().arrays.map(({ job }) => job), ...bench.submission().followers];
    expect(given.length).toBeGreaterThan(0);
    await bench.cluster.until('every job is on record', () => given.every((job) => ours().includes(job)), 20);
    expect(existsSync(join(bench.study, '.slurm/2'))).toBe(false);
    const following = bench.cluster.sdcBeside(...words, '--wait');
    await bench.cluster.until('a training runs', () => bench.running('decode'));
    expect(bench.cluster.sdc('cancel', bench.study)).toMatch(/cancelled \d+/);
    const { code, said } = await following;
    expect(said).toMatch(/is on Slurm already; following it[\s\S]*was cancelled with \d+ units left/);
    expect(code).toBe(2);
    // What is left goes in as a submission of its own.
    expect(bench.submit('--wait')).toMatch(/submitted \d+ tasks[\s\S]*every unit is done/);
    expect(bench.results()).toEqual(bench.expected);
  });

  it('submits as many tasks as the site takes at once, and the rest when those have ended', async () => {
    bench.cluster.sdc('run', bench.study, '--to', 'embed');
    const said = bench.submit('--partition', 'quota', '--pack', '1', '--wait');
    expect(said).toMatch(/takes no more at once[\s\S]*accounting\/QOS policy[\s\S]*every unit is done/);
    const { arrays } = bench.submission();
    expect(Math.max(...arrays.map(({ tasks }) => tasks.length))).toBeLessThan(6);
    const tasks = arrays.flatMap(({ tasks: each }) => each.flat());
    expect(tasks).toHaveLength(new Set(tasks).size);
    expect(bench.results()).toEqual(bench.expected);
  });

  it('repeats Slurm’s own words for a partition that is not there, with what to do', () => {
    expect(() => bench.submit('--partition', 'nowhere')).toThrow(
      /invalid partition.*choose a partition that "sinfo" lists/i,
    );
    expect(existsSync(join(bench.study, '.staging'))).toBe(false);
  });

  it('asks for generic resources and hands the engine on to every task', async () => {
    bench.submit('--gres', 'gpu:1', '--engine', 'wasm', '--pack', '1');
    await bench.cluster.until('a training runs', () => bench.running('decode'));
    const asked = bench.cluster.call('squeue', '--noheader', '--name=sdc-decode', '--format=%b');
    expect(new Set(asked.split('\n'))).toEqual(new Set(['gres:gpu:1']));
    const running = bench.cluster.call(
      'squeue',
      '--noheader',
      '--states=R',
      '--name=sdc-decode',
      '--format=%N',
    );
    // One GPU a node, so one task a node, though there are more cores.
    expect(running.split('\n')).toHaveLength(new Set(running.split('\n')).size);
    const record = join(bench.study, 'sub-01/decoder/run-001.json');
    await bench.cluster.until('the first training ends', () => existsSync(record));
    expect(JSON.parse(readFileSync(record, 'utf8')).result.engine).toBe('wasm');
    expect(() => bench.cluster.call('sbatch', '--gres=gpu:2', '--wrap=true')).toThrow(/node configuration/);
  });
});

describe('sdc run --on slurm without Slurm', () => {
  it('says so', async () => {
    const { initStudy } = await import('../../src/workflow/index.js');
    const study = await mkdtemp(join(tmpdir(), 'sdc-no-slurm-'));
    await initStudy('phantom', study);
    const call = () =>
      execFileSync(process.execPath, ['dist/cli.js', 'run', study, '--on', 'slurm'], {
        env: { PATH: '/nowhere' },
        stdio: 'pipe',
      });
    expect(call).toThrow(/is not on the PATH; log in to a machine of the cluster/);
    await rm(study, { recursive: true });
  });
});

import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { useBench } from './studies.js';

const bench = useBench();

/**
 * What the cluster's operators do after a crash: Slurm drains a node that refuses a job id it has seen, and the node's
 * daemon forgets such ids when it is started again.
 */
async function tendNodes(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await bench.cluster.restartDrainedNodes();
    await sleep(500);
  }
}

/** Keeps one training waiting until the file whose path is returned is there. */
async function holdTraining(): Promise<string> {
  const go = join(bench.study, '.go');
  await bench.preload(`if (process.argv.includes('decode/sub-02/run-001')) {
    const { existsSync } = require('node:fs');
    while (!existsSync('${go}')) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
  }`);
  return go;
}

describe('sdc run --on slurm, when the controller crashes', { timeout: 300_000 }, () => {
  it('lets a follower go that waits for an id which is somebody else’s now', async () => {
    const go = await holdTraining();
    bench.submit();
    const isFollowed = () => bench.submission().arrays.at(-1)!.follower !== undefined;
    await bench.cluster.until('a training runs', () => bench.running('decode') && isFollowed());
    const { arrays, followers } = bench.submission();
    const [last, follower] = [arrays.at(-1)!.job, followers.at(-1)!];
    const foreign = bench.cluster.call('sbatch', '--parsable', '--hold', '--wrap=true', '--output=/dev/null');
    bench.cluster.call('scontrol', 'update', `jobid=${follower}`, `dependency=afterany:${foreign}`);
    await writeFile(go, '');
    const trained = () => bench.cluster.call('squeue', '--noheader', `--jobs=${last}`) === '';
    await bench.cluster.until('the trainings end', trained);
    // A minute in which nothing ends.
    const past = Date.now() / 1000 - 70;
    for (const name of ['exit', 'submission.json'])
      await utimes(join(bench.study, '.slurm/1', name), past, past);
    expect(bench.cluster.sdc('status', bench.study)).toContain('stuck after a crash');
    expect(bench.submit()).toContain(`let ${follower} go, which waited for jobs that have ended`);
    bench.cluster.call('scancel', foreign);
    await bench.cluster.drained();
    bench.expectWhole();
  });

  it('goes on by itself when the controller is killed while a task runs, and started again', async () => {
    const go = await holdTraining();
    bench.submit('--pack', '2');
    const one = () =>
      bench.cluster.call('squeue', '--noheader', '--name=sdc-decode', '--format=%i').split('\n');
    await bench.cluster.until(
      'a training runs and no other is queued',
      () => bench.running('decode') && one().length === 1,
    );
    // A controller writes its state within some seconds of a change.
    await new Promise((done) => setTimeout(done, 7000));
    await bench.cluster.restartController();
    await writeFile(go, '');
    await bench.cluster.drained();
    expect(bench.submission().arrays.every(({ attempt }) => attempt === 1)).toBe(true);
    bench.expectWhole();
  });

  it('is mended by the same command when the controller is killed just after it has started tasks', async () => {
    bench.submit('--pack', '1');
    await bench.cluster.until('a training runs', () => bench.running('decode'));
    // What it has not saved yet it forgets: tasks that run, ids it gave, the job that was to go on.
    await bench.cluster.restartController();
    const stop = new AbortController();
    const operators = tendNodes(stop.signal);
    try {
      // Follows what is on Slurm already and sets right what is stuck; or, with nothing left there, submits the rest.
      const words = ['--on', 'slurm', '--threads', '1', '--wait'];
      const { code, said } = await bench.cluster.sdcBeside('run', bench.study, ...words);
      expect(code, `${said}${bench.cluster.describe()}`).toBe(0);
      expect(said).toMatch(/submission 1 is on Slurm already|submitted \d+ tasks/);
    } finally {
      stop.abort();
      await operators;
    }
    // It stays until nothing of the study is shown any more, not even what had ended without the controller's notice.
    await bench.cluster.drained(60);
    bench.expectWhole();
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { writeSmallData } from './cluster.js';
import { useBench } from './studies.js';

const bench = useBench();

/** Kills the tasks that write at this moment (a unit's staging folder begins with its process); returns how many. */
function killWriters(): number {
  let nKilled = 0;
  const staging = join(bench.study, '.staging');
  for (const name of existsSync(staging) ? readdirSync(staging) : []) {
    if (!name.includes('decode')) continue;
    try {
      process.kill(Number(name.split('@')[0]), 'SIGKILL');
      nKilled++;
    } catch {
      // it has just ended
    }
  }
  return nKilled;
}

describe('sdc run --on slurm, when something goes wrong', { timeout: 300_000 }, () => {
  it('loses nothing when tasks are killed while they write: they are tried once more with twice of everything', async () => {
    bench.submit('--pack', '2');
    await bench.cluster.until('a training writes and is killed', () => killWriters() > 0);
    await bench.cluster.drained();
    const { arrays } = bench.submission();
    const again = arrays.filter(({ attempt }) => attempt === 2);
    expect(again.length).toBeGreaterThan(0);
    for (const { tasks, memoryMegabytes, minutes } of again) {
      const before = arrays.find(
        (array) => array.attempt === 1 && array.tasks.flat().includes(tasks[0]![0]!),
      )!;
      expect(memoryMegabytes).toBe(2 * before.memoryMegabytes);
      expect(minutes).toBe(2 * before.minutes);
    }
    bench.expectWhole();
  });

  it('gives a task that Slurm killed for memory twice as much, once', async () => {
    await bench.preload(`if (process.argv.includes('decode/sub-02/run-001') && process.env.SLURM_MEM_PER_NODE < 1200) {
      globalThis.hog = Buffer.alloc((Number(process.env.SLURM_MEM_PER_NODE) + 200) * 2 ** 20, 1);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60_000);
    }`);
    bench.submit('--pack', '2');
    await bench.cluster.drained();
    const log = readdirSync(join(bench.study, '.slurm/1/logs'))
      .map((name) => readFileSync(join(bench.study, '.slurm/1/logs', name), 'utf8'))
      .join('');
    expect(log).toMatch(/exceeded memory limit|oom/i);
    const again = bench.submission().arrays.filter(({ attempt }) => attempt === 2);
    expect(again.flatMap(({ tasks }) => tasks.flat())).toContain('decode/sub-02/run-001');
    bench.expectWhole();
  });

  it('goes on elsewhere when a node is drained in the middle of an array', async () => {
    bench.submit('--pack', '1');
    await bench.cluster.until('a training runs', () => bench.running('decode'));
    bench.cluster.call('scontrol', 'update', 'nodename=node1', 'state=drain', 'reason=test');
    await bench.cluster.drained();
    bench.expectWhole();
  });

  it('completes the rest when a unit always fails, and names it and its log', async () => {
    const broken = join(bench.root, 'broken');
    await writeSmallData(broken, 'sub-03');
    bench.study = await bench.newStudy(broken);
    expect(() => bench.submit('--wait')).toThrow(/prepare\/sub-03: failed; see \S+\.log/);
    const status = bench.cluster.sdc('status', bench.study);
    const [, log] = /✗ prepare\/sub-03: failed; see (\S+\.log)/.exec(status)!;
    expect(readFileSync(log!, 'utf8')).toContain('betas.npy[0, 5] is NaN');
    for (const participant of ['sub-01', 'sub-02', 'sub-04'])
      expect(existsSync(join(bench.study, participant, 'decoder/metrics.tsv'))).toBe(true);
    expect(existsSync(join(bench.study, 'report.html'))).toBe(false);
  });

  it('runs a unit again whose result was damaged before it was used, and never averages it in', async () => {
    bench.cluster.sdc('run', bench.study, '--to', 'embed');
    const ids = ['decode/sub-01/run-001', 'decode/sub-01/run-002'];
    bench.cluster.sdc('unit', bench.study, ...ids);
    const run = join(bench.study, 'sub-01/decoder/run-002.safetensors');
    damage(run);
    bench.submit();
    await bench.cluster.drained();
    const { excused, failed } = bench.submission();
    expect(Object.keys(excused)).toEqual(['decode/sub-01/mean']);
    expect(failed).toEqual({});
    bench.expectWhole();
  });

  it('reports a full disk, and completes once there is room', async () => {
    const small = join(bench.root, 'disk');
    await mkdir(small);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', small]);
    try {
      bench.study = await bench.newStudy(bench.data, join(small, 'study'));
      bench.submit();
      await bench.cluster.drained();
      const status = bench.cluster.sdc('status', bench.study);
      const [, log] = /✗ report\/page: failed; see (\S+\.log)/.exec(status)!;
      expect(readFileSync(log!, 'utf8')).toMatch(/no space|disk/i);
      execFileSync('mount', ['-o', 'remount,size=60m', small]);
      bench.submit();
      await bench.cluster.drained();
      bench.expectWhole();
    } finally {
      execFileSync('umount', ['-l', small]);
    }
  });
});

/** Changes one byte of a file and keeps its size and time, as a failing disk does. */
function damage(path: string): void {
  execFileSync('/bin/bash', [
    '-c',
    'time=$(stat -c %y "$1"); printf "\\x7f" | dd of="$1" bs=1 seek=$(($(stat -c %s "$1") - 5)) conv=notrunc status=none; touch -d "$time" "$1"',
    'damage',
    path,
  ]);
}

import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runUnit, runUnits, type Unit, type UnitCost, unitState } from '../../src/study/index.js';
import { UnitKilledError } from '../../src/study/unitQueue.js';
import { FormatError } from '../../src/util/errors.js';

let folder: string;
/** What ran, in order of starting, with its threads. */
let started: [string, number][];
let running: Set<string>;
/** Which others ran when each started. */
let company: Map<string, string[]>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-queue-'));
  started = [];
  running = new Set();
  company = new Map();
});

afterEach(() => rm(folder, { recursive: true, force: true }));

/** Long beside what a busy machine takes to start one more. */
const unitMs = 100;

/** A unit that takes a while and concatenates its inputs. */
function unit(id: string, inputs: string[] = [], cost?: Partial<UnitCost>): Unit {
  return {
    id,
    stage: 'decode',
    inputs,
    outputs: [`${id}.txt`],
    record: `${id}.json`,
    parameters: {},
    cost: { memoryBytes: 1, cpuSeconds: 1, maxThreads: 8, ...cost },
    async run({ input, output, threads }) {
      started.push([id, threads]);
      company.set(id, [...running]);
      running.add(id);
      const parts = await Promise.all(inputs.map((path) => readFile(input(path), 'utf8')));
      await sleep(unitMs);
      running.delete(id);
      await writeFile(output(`${id}.txt`), `${id}(${parts})`);
      return undefined;
    },
  };
}

const many = (n: number, cost?: Partial<UnitCost>) =>
  Array.from({ length: n }, (_, i) => unit(`u${i}`, [], cost));
const mostAtOnce = () => 1 + Math.max(...[...company.values()].map((others) => others.length));

describe('runUnits with jobs', () => {
  it('runs that many side by side and no more, and shares the cores among them', async () => {
    await runUnits(folder, many(6), { jobs: 3, threads: 6 });
    expect(mostAtOnce()).toBe(3);
    expect(started.every(([, threads]) => threads === 2)).toBe(true);
  });

  it('gives a unit that has no company all cores, as far as it can use them', async () => {
    const units = [unit('a'), unit('b', ['a.txt'], { maxThreads: 3 })];
    await runUnits(folder, units, { jobs: 4, threads: 8 });
    expect(started).toEqual([
      ['a', 8],
      ['b', 3],
    ]);
  });

  it('keeps to the memory, and still runs a unit that exceeds it, alone', async () => {
    await runUnits(folder, [...many(4, { memoryBytes: 40 }), unit('huge', [], { memoryBytes: 500 })], {
      ...{ jobs: 4, memoryBytes: 100 },
    });
    expect(mostAtOnce()).toBe(2);
    expect(company.get('huge')).toEqual([]);
    expect([...company].filter(([, others]) => others.includes('huge'))).toEqual([]);
    expect(started).toHaveLength(5);
  });

  it('gives the same bytes as one after the other', async () => {
    const units = [unit('x'), unit('y'), unit('z', ['x.txt', 'y.txt']), unit('w', ['z.txt', 'x.txt'])];
    await runUnits(folder, units, { jobs: 3 });
    expect(await readFile(join(folder, 'w.txt'), 'utf8')).toBe('w(z(x(),y()),x())');
  });

  it('goes on with everything that does not need the unit that failed, and names it at the end', async () => {
    const failing: Unit = { ...unit('bad'), run: () => Promise.reject(new FormatError('f', 'is wrong')) };
    const units = [failing, unit('after', ['bad.txt']), ...many(3)];
    await expect(runUnits(folder, units, { jobs: 2 })).rejects.toThrow(
      /^bad failed: f: is wrong\n1 units that depend on them were left out$/,
    );
    expect(started.map(([id]) => id)).toEqual(['u0', 'u1', 'u2']);
    started = [];
    await runUnits(folder, [unit('bad'), ...units.slice(1)], { jobs: 2 });
    expect(started.map(([id]) => id)).toEqual(['bad', 'after']);
  });

  it('tries a unit whose process was killed once more, with nothing beside it', async () => {
    let nKills = 0;
    const execute: typeof runUnit = async (_folder, each, options) => {
      if (each.id === 'u1' && nKills++ < 1) throw new UnitKilledError(each.id, 'SIGKILL');
      return runUnit(folder, each, options);
    };
    const options = { jobs: 2, execute: (each: Unit, own: object) => execute(folder, each, own) };
    await runUnits(folder, many(5), options);
    expect(started.map(([id]) => id).sort()).toEqual(['u0', 'u1', 'u2', 'u3', 'u4']);
    expect(company.get('u1')).toEqual([]);
    nKills = -9;
    await rm(join(folder, 'u1.json'));
    await expect(runUnits(folder, many(5), options)).rejects.toThrow('u1 failed: u1 was killed (SIGKILL)');
    expect(nKills).toBe(-7);
  });

  it('stops when its signal fires, once what runs has stopped, and leaves nothing half-done', async () => {
    const stop = new AbortController();
    const work = runUnits(folder, many(8), { jobs: 2, signal: stop.signal });
    setTimeout(() => stop.abort(), 1.5 * unitMs);
    await expect(work).rejects.toThrow('was stopped');
    expect(running.size).toBe(0);
    expect(started.length).toBeLessThan(8);
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual([]);
    await runUnits(folder, many(8), { jobs: 2 });
    expect(started.map(([id]) => id).sort()).toEqual(many(8).map(({ id }) => id));
  });
});

describe('runUnits and damaged results', () => {
  const pair = () => [unit('run'), unit('mean', ['run.txt'])];
  /** Another content of the same size, with the file's time kept: only a hash can tell. */
  async function damage(): Promise<void> {
    const path = join(folder, 'run.txt');
    const time = join(folder, 'time');
    execFileSync('touch', ['-r', path, time]);
    await writeFile(path, 'RUN()');
    execFileSync('touch', ['-r', time, path]);
  }

  it('runs the unit again whose result is not what it wrote, before anything uses it', async () => {
    await runUnits(folder, [unit('run')]);
    await damage();
    expect((await unitState(folder, unit('run'))).done).toBe(true);
    const failed: string[] = [];
    await runUnits(folder, pair(), {
      onUnit: ({ id }, state, detail) => state === 'failed' && failed.push(`${id}: ${detail}`),
    });
    expect(started.map(([id]) => id)).toEqual(['run', 'run', 'mean']);
    expect(failed).toEqual([`mean: ${join(folder, 'run.txt')}: is not what run wrote; run that unit again`]);
    expect(await readFile(join(folder, 'mean.txt'), 'utf8')).toBe('mean(run())');
  });

  it('does so once, and then says what is wrong', async () => {
    const picky: Unit = {
      ...pair()[1]!,
      run: ({ input }) => Promise.reject(new FormatError(input('run.txt'), 'weight[3] is NaN')),
    };
    await expect(runUnits(folder, [unit('run'), picky])).rejects.toThrow('weight[3] is NaN');
    expect(started.map(([id]) => id)).toEqual(['run', 'run']);
  });

  it('takes no record of another unit', async () => {
    await runUnits(folder, [unit('run')]);
    const record = await readFile(join(folder, 'run.json'), 'utf8');
    await writeFile(join(folder, 'run.json'), record.replace('"unit": "run"', '"unit": "other"'));
    expect(await unitState(folder, unit('run'))).toEqual({
      ...{ done: false, reason: 'its record is that of other' },
    });
  });
});

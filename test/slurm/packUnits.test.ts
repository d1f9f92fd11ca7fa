import { describe, expect, it } from 'vitest';
import type { Unit } from '../../src/study/index.js';
import { packUnits } from '../../src/workflow/slurm/packUnits.js';

const unit = (id: string, cpuSeconds: number, memoryBytes = 2 ** 30, maxThreads = 8): Unit => ({
  ...{ id, stage: 'decode', inputs: [], outputs: [id], record: `${id}.json`, parameters: {} },
  cost: { cpuSeconds, memoryBytes, maxThreads },
  run: async () => undefined,
});
const some = (n: number, cpuSeconds: number) =>
  Array.from({ length: n }, (_, i) => unit(`u${i}-${cpuSeconds}`, cpuSeconds));
const sizes = (tasks: string[][]) => tasks.map((task) => task.length);

describe('packUnits', () => {
  it('puts some ten minutes of work into a task: 5 units of 2 minutes on 2 cores', () => {
    const [array, ...others] = packUnits(some(12, 240), { cpus: 2, maxTasks: 1000 });
    expect(others).toEqual([]);
    expect(sizes(array!.tasks)).toEqual([5, 5, 2]);
    expect(array!.tasks.flat()).toEqual(some(12, 240).map(({ id }) => id));
    // Three times the ten minutes, and five.
    expect(array!.minutes).toBe(35);
    expect(array!.long).toBe(false);
    // A GiB and a quarter, and 256 MiB.
    expect(array!.memoryMegabytes).toBe(1024 * 1.25 + 256);
  });

  it('makes several arrays where one would exceed the limit, and loses no unit', () => {
    const arrays = packUnits(some(20, 240), { cpus: 2, maxTasks: 8, pack: 1 });
    expect(arrays.map(({ tasks }) => tasks.length)).toEqual([8, 8, 4]);
    expect(new Set(arrays.flatMap(({ tasks }) => tasks.flat())).size).toBe(20);
  });

  it('keeps units that take long apart from short ones and from those of another cost', () => {
    const arrays = packUnits([...some(2, 3600), ...some(3, 60), unit('x', 7200)], { cpus: 2, maxTasks: 8 });
    expect(arrays.map(({ tasks, long }) => [sizes(tasks), long])).toEqual([
      [[1, 1], true],
      [[3], false],
      [[1], true],
    ]);
  });

  it('counts no more cores than a unit can use, and gives a second attempt at least what it is told', () => {
    const atLeast = { memoryMegabytes: 9000, minutes: 1 };
    const [array] = packUnits([unit('a', 1200, 2 ** 30, 1)], { cpus: 8, maxTasks: 8, atLeast });
    expect(array).toMatchObject({ memoryMegabytes: 9000, minutes: 65, long: true });
  });
});

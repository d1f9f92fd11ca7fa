import { afterEach, describe, expect, it } from 'vitest';
import { builtUrl, defaultThreads, WorkerPool } from '../../src/engine/pool.js';

const script = new URL('./pool-worker.js', import.meta.url);
const pools: WorkerPool[] = [];
const open = (threads: number) => {
  const pool = new WorkerPool(script, threads);
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close()));
});

describe('WorkerPool', () => {
  it('does jobs on whichever worker is free and resolves each to its own result', async () => {
    const pool = open(2);
    const jobs = Array.from({ length: 9 }, (_, i) => pool.run<number>('wait', i % 3));
    expect(await Promise.all(jobs)).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  it('hands buffers over in both directions', async () => {
    const numbers = Float32Array.of(1, 2, 3);
    const doubled = await open(1).run<Float32Array>('double', numbers, {
      transfer: [numbers.buffer as ArrayBuffer],
    });
    expect([...doubled]).toEqual([2, 4, 6]);
    expect(numbers.length).toBe(0);
  });

  it('keeps state by worker and order by worker', async () => {
    const pool = open(2);
    await pool.runOnAll('hold', (worker) => worker + 10);
    expect(await pool.runOnAll('held')).toEqual([10, 11]);
  });

  it('passes errors on with their tag and their parts', async () => {
    await expect(open(1).run('refuse')).rejects.toMatchObject({
      name: 'InputError',
      tag: 'input',
      what: 'eps',
      value: -1,
      message: 'eps is -1; must be in (0, 2)',
    });
  });

  it('rejects a job whose result cannot cross between threads', async () => {
    await expect(open(1).run('closure')).rejects.toThrow(/could not be cloned/);
  });

  it('drops a waiting job, and lets go of a running one, when its signal fires', async () => {
    const pool = open(1);
    const controller = new AbortController();
    const running = pool.run('wait', 300, { signal: controller.signal });
    const waiting = pool.run('wait', 300, { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ tag: 'aborted' });
    await expect(waiting).rejects.toMatchObject({ tag: 'aborted' });
    expect(await pool.run<number>('wait', 1)).toBe(1);
  });

  it('rejects what is running and waiting when a worker ends by itself', async () => {
    const pool = open(1);
    await pool.run('crash');
    await expect(pool.run('wait', 5000)).rejects.toMatchObject({ tag: 'engine' });
    await expect(pool.run('wait', 1)).rejects.toMatchObject({ tag: 'engine' });
  });
});

describe('builtUrl', () => {
  it('moves sources to the build and leaves the rest', () => {
    const url = (path: string) => builtUrl(new URL(`file://${path}`)).pathname;
    expect(url('/home/src/toolkit/src/engine/work.ts')).toBe('/home/src/toolkit/dist/engine/work.js');
    expect(url('/toolkit/src/engine/train.wasm')).toBe('/toolkit/dist/engine/train.wasm');
    expect(url('/src/toolkit/dist/engine/work.js')).toBe('/src/toolkit/dist/engine/work.js');
    expect(defaultThreads()).toBeGreaterThan(0);
  });
});

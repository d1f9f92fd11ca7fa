import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conceptHierarchy, readVectors } from '../../src/cluster/index.js';
import { describeMemory } from '../../src/cluster/openPool.js';
import { writeNpy, writeSafetensors } from '../../src/data/index.js';
import { poolVectors } from '../../src/engine/vectorPool.js';
import { type Matrix, matrix, ndarray } from '../../src/util/array.js';
import { clumpedVectors } from './random.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vectors-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('readVectors', () => {
  const given = clumpedVectors(3, [20], 32)[0]!;

  it('reads npy and safetensors into shared memory that a pool takes as it is', async () => {
    await writeNpy(join(folder, 'a.npy'), given);
    await writeSafetensors(join(folder, 'a.safetensors'), { weight: given });
    for (const name of ['a.npy', 'a.safetensors']) {
      const vectors = await readVectors(join(folder, name));
      expect(vectors.shape).toEqual(given.shape);
      expect(vectors.data).toEqual(given.data);
      expect(vectors.data.buffer).toBeInstanceOf(SharedArrayBuffer);
      expect(poolVectors([vectors]).parts[0]).toBe(vectors.data);
    }
  });

  it('does so where the file holds another type', async () => {
    const whole = ndarray(
      Float64Array.from(given.data, (x) => Math.round(8 * x)),
      given.shape,
    );
    await writeNpy(join(folder, 'f8.npy'), whole);
    const halves = matrix(20, 32, Float32Array.from(whole.data));
    await writeNpy(join(folder, 'f2.npy'), halves, { type: 'float16' });
    for (const name of ['f8.npy', 'f2.npy']) {
      const vectors = await readVectors(join(folder, name));
      expect(vectors.data).toEqual(halves.data);
      expect(vectors.data.buffer).toBeInstanceOf(SharedArrayBuffer);
    }
  });

  it('gives clustering what any matrix of the same values gives it', async () => {
    const study = clumpedVectors(7, [60, 50, 70, 40], 32);
    const read: Matrix[] = [];
    for (const [p, own] of study.entries()) {
      await writeNpy(join(folder, `${p}.npy`), own);
      read.push(await readVectors(join(folder, `${p}.npy`)));
    }
    for (const engine of ['cpu', 'reference']) {
      const options = { minParticipants: 2, minSize: 5, engine, threads: 2 };
      const found = await conceptHierarchy(read, options);
      expect(found).toEqual(await conceptHierarchy(study, options));
      expect(found.nClusters).toBeGreaterThan(1);
    }
    expect(read.map(({ data }) => data)).toEqual(study.map(({ data }) => data));
  });
});

describe('describeMemory', () => {
  const gigabytes = (vectors: readonly Matrix[]) =>
    Number(/about ([\d.]+) GB/.exec(describeMemory(vectors, 2))![1]);

  it('counts the copy of vectors that threads do not share, or whose rows do not take whole sixteens', () => {
    const [n, nDims] = [1_000_000, 512];
    // No memory is touched: a typed array of zeros is only promised by the system until it is written to.
    const own = matrix(n / 10, nDims, new Float32Array((n / 10) * nDims));
    const shared = matrix(n / 10, nDims, new Float32Array(new SharedArrayBuffer((n / 10) * nDims * 4)));
    const ten = (m: Matrix) => Array<Matrix>(10).fill(m);
    const copy = (n * nDims * 4) / 1e9;
    expect(gigabytes(ten(own)) - gigabytes(ten(shared))).toBeCloseTo(copy, 1);
    const narrow = matrix(n / 10, 500, shared.data.subarray(0, (n / 10) * 500));
    expect(gigabytes(ten(narrow)) - gigabytes(ten(shared))).toBeCloseTo(copy, 1);
  });
});

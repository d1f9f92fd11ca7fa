import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FastPairs } from '../../src/engine/fastPairs.js';
import { referencePairs } from '../../src/engine/referencePairs.js';
import { cosine, poolVectors, type VectorPool } from '../../src/engine/vectorPool.js';
import { type Matrix, matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { clumpedVectors } from '../cluster/random.js';

/** The same matrix over memory that threads share. */
function shared({ data, shape: [rows, columns] }: Matrix): Matrix {
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return matrix(rows, columns, copy);
}

/** A matrix whose row v is multiplied by 2^powers[v], which is exact here. */
function scaled(m: Matrix, powers: readonly number[]): Matrix {
  const nDims = m.shape[1];
  return matrix(
    m.shape[0],
    nDims,
    m.data.map((x, at) => x * 2 ** powers[Math.floor(at / nDims) % powers.length]!),
  );
}

function allCosines(pool: VectorPool): Float64Array {
  return Float64Array.from({ length: pool.n * pool.n }, (_, at) =>
    cosine(pool, Math.floor(at / pool.n), at % pool.n),
  );
}

describe('poolVectors', () => {
  it('uses shared data as they are where a row takes whole sixteens, and copies what is not shared', () => {
    const [a, b, c] = clumpedVectors(1, [5, 0, 7], 32) as [Matrix, Matrix, Matrix];
    const given = [shared(a), shared(b), c];
    const pool = poolVectors(given);
    expect(pool.parts[0]).toBe(given[0]!.data);
    expect(pool.parts[1]).toBe(given[1]!.data);
    expect(pool.parts[2]).not.toBe(c.data);
    expect(pool.parts[2]).toEqual(c.data);
    expect(pool.parts[2]!.buffer).toBeInstanceOf(SharedArrayBuffer);
    expect([...pool.starts]).toEqual([0, 5, 5, 12]);
    expect([...pool.group]).toEqual([0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2]);
  });

  it('uses part of a shared array too, and pads rows that do not take whole sixteens', () => {
    const whole = shared(clumpedVectors(1, [9], 16)[0]!);
    const part = matrix(4, 16, whole.data.subarray(32, 96));
    expect(poolVectors([part, whole]).parts[0]).toBe(part.data);
    const narrow = shared(clumpedVectors(1, [3], 10)[0]!);
    const pool = poolVectors([narrow]);
    expect(pool.stride).toBe(16);
    expect([...pool.parts[0]!.subarray(16, 32)]).toEqual([...narrow.data.subarray(10, 20), 0, 0, 0, 0, 0, 0]);
  });

  it('scales only rows whose squared length lies beyond 2^±60, in a copy', () => {
    const row = (square: number) => shared(matrix(1, 16, new Float32Array(16).fill(Math.sqrt(square / 16))));
    for (const square of [2 ** 60, 2 ** -60, 1]) {
      const given = row(square);
      const pool = poolVectors([given]);
      expect(pool.parts[0]).toBe(given.data);
      expect(pool.squares[0]).toBe(square);
    }
    for (const square of [2 ** 62, 2 ** -62, 2 ** 200, 2 ** -200]) {
      const given = row(square);
      const before = given.data.slice();
      const pool = poolVectors([given]);
      expect(pool.parts[0]).not.toBe(given.data);
      expect(given.data).toEqual(before);
      expect([...pool.parts[0]!]).toEqual(Array(16).fill(0.5));
      expect(pool.squares[0]).toBe(4);
    }
    const zero = shared(matrix(1, 16));
    expect(poolVectors([zero]).parts[0]).toBe(zero.data);
  });

  it('names values that are not finite in shared data as in any', () => {
    const bad = shared(clumpedVectors(1, [5], 16)[0]!);
    bad.data[2 * 16 + 3] = Number.NEGATIVE_INFINITY;
    expect(() => poolVectors([shared(matrix(1, 16)), bad])).toThrow('vectors[1][2][3] is -Infinity');
  });

  it('gives the same cosines and answers, bit for bit, however the vectors come and wherever rows are scaled', async () => {
    const study = fc.record({
      seed: fc.nat(10_000),
      nDims: fc.constantFrom(16, 32, 48),
      // Squared lengths are about 16: these powers lie on both sides of ±60, and far from it.
      powers: fc.array(fc.constantFrom(0, 1, -1, 27, 28, 29, -31, -32, -33, 60, -60), {
        minLength: 1,
        maxLength: 7,
      }),
    });
    const check = async ({ seed, nDims, powers }: { seed: number; nDims: number; powers: number[] }) => {
      const plain = clumpedVectors(seed, [7, 0, 9, 6], nDims);
      plain[0]!.data.fill(0, 0, nDims); // a zero vector
      const rescaled = plain.map((m) => scaled(m, powers));
      const before = rescaled.map((m) => m.data.slice());
      const pools = [plain, rescaled, rescaled.map(shared), plain.map(shared)].map((vectors) =>
        poolVectors(vectors),
      );
      const cosines = allCosines(pools[0]!);
      for (const pool of pools) expect(allCosines(pool)).toEqual(cosines);
      expect(pools[2]!.parts).toEqual(pools[1]!.parts);
      expect(rescaled.map((m) => m.data)).toEqual(before);
    };
    await fc.assert(fc.asyncProperty(study, check), { numRuns: 200, seed: 1 });
  });

  it('gives engines the same answers from shared data, copies and a mixture', async () => {
    const vectors = clumpedVectors(5, [90, 70, 0, 110], 48);
    const stream = randomStream(1, 'powers');
    const powers = Array.from({ length: 11 }, () => stream.integer(80) - 40);
    const hard = vectors.map((m) => scaled(m, powers));
    const expected = await referencePairs.nearest(poolVectors(vectors));
    for (const given of [
      vectors,
      vectors.map(shared),
      hard,
      hard.map(shared),
      [shared(hard[0]!), ...hard.slice(1)],
    ]) {
      const pool = poolVectors(given);
      const engine = await FastPairs.open(pool, {
        threads: 2,
        product: 'onnx',
        tileRows: 64,
        tileColumns: 32,
      });
      try {
        expect(await engine.nearest(pool)).toEqual(expected);
      } finally {
        await engine.close();
      }
    }
  });
});

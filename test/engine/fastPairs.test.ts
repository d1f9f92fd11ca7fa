import { describe, expect, it } from 'vitest';
import { FastPairs } from '../../src/engine/fastPairs.js';
import { maximumForest } from '../../src/engine/forest.js';
import { type Forest, type PairEngine, similarityLimit } from '../../src/engine/pairs.js';
import { referencePairs } from '../../src/engine/referencePairs.js';
import { poolVectors, type VectorPool } from '../../src/engine/vectorPool.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { UnionFind } from '../../src/util/unionFind.js';
import { clumpedVectors } from '../cluster/random.js';

/** Clumps in many dimensions; small whole numbers full of ties, duplicates and zero vectors; groups of one row, far from all. */
function pools(): Record<string, VectorPool> {
  const clumps = clumpedVectors(7, [150, 90, 0, 130], 40);
  clumps[0]!.data.fill(0, 5 * 40, 6 * 40);
  const stream = randomStream(1, 'ties');
  const ties = [70, 60, 80].map((size) =>
    matrix(
      size,
      4,
      Float32Array.from({ length: size * 4 }, () => stream.integer(4) - 1),
    ),
  );
  const crowd = clumpedVectors(8, [80, 70, 0], 24, 0.5, 2);
  crowd.splice(
    1,
    0,
    matrix(
      1,
      24,
      crowd[1]!.data.slice(0, 24).map((x) => -x),
    ),
  );
  crowd.push(
    matrix(
      1,
      24,
      crowd[0]!.data.slice(0, 24).map((x) => -x),
    ),
  );
  return { clumps: poolVectors(clumps), ties: poolVectors(ties), lonely: poolVectors(crowd) };
}

/** Components at every weight of a forest: pairs of (weight, sizes), which ties between edges do not change. */
function componentsByWeight(n: number, forest: Forest): string[] {
  const sorted = maximumForest(n, forest);
  expect(sorted.weight.length).toBe(forest.weight.length);
  const sets = new UnionFind(n);
  const out: string[] = [];
  sorted.weight.forEach((weight, e) => {
    sets.union(sorted.from[e]!, sorted.to[e]!);
    if (sorted.weight[e + 1] === weight) return;
    out.push(`${weight}: ${Array.from({ length: n }, (_, i) => sets.find(i)).join(' ')}`);
  });
  return out;
}

const settings = [
  { threads: 1, product: 'onnx' as const, tileRows: 32, tileColumns: 64 },
  { threads: 2, product: 'onnx' as const, tileRows: 512, tileColumns: 1024 },
  { threads: 4, product: 'wasm' as const, tileRows: 48, tileColumns: 48 },
  { threads: 2, product: 'onnx' as const, tileRows: 160, tileColumns: 16, productRows: 48 },
  { threads: 1, product: 'wasm' as const, tileRows: 100, tileColumns: 32, productRows: 32 },
];

describe.each(settings)('FastPairs with $threads threads, $product, tiles of $tileRows', (setting) => {
  async function withBoth(work: (engine: PairEngine, pool: VectorPool, name: string) => Promise<void>) {
    for (const [name, pool] of Object.entries(pools())) {
      const engine = await FastPairs.open(pool, setting);
      await work(engine, pool, name);
      await engine.close();
    }
  }

  it('finds the nearest rows of the reference, bit for bit', () =>
    withBoth(async (engine, pool) => {
      expect(await engine.nearest(pool)).toEqual(await referencePairs.nearest(pool));
    }));

  it('spans the same components at every weight', () =>
    withBoth(async (engine, pool) => {
      const stream = randomStream(2, 'levels');
      const levels = [
        new Float64Array(pool.n).fill(Number.POSITIVE_INFINITY),
        Float64Array.from({ length: pool.n }, () => stream.uniform()),
      ];
      const { row, similarity } = await referencePairs.nearest(pool);
      // As a hierarchy has them: most rows are joined at exactly their own level by one of the seeds.
      const groups = pool.starts.length - 1;
      const nearest = (i: number) => [...similarity.subarray(i * groups, (i + 1) * groups)];
      levels.push(
        Float64Array.from({ length: pool.n }, (_, i) => {
          const known = nearest(i).filter((s) => !Number.isNaN(s));
          return known.sort((a, b) => b - a)[1] ?? Number.NEGATIVE_INFINITY;
        }),
      );
      const known = Int32Array.from(row.keys()).filter((at) => row[at]! >= 0);
      const seeds = {
        from: known.map((at) => Math.floor(at / groups)),
        to: known.map((at) => row[at]!),
        weight: Float64Array.from(known, (at) => similarity[at]!),
      };
      for (const level of levels) {
        // At the first all is one; the last two are cosines that many pairs of the ties have exactly.
        for (const limit of [-1.001, 0.1, 0.6, similarityLimit(0.5), similarityLimit(0.25)]) {
          const expected = componentsByWeight(pool.n, await referencePairs.forest(pool, level, limit));
          const seeded = await engine.forest(pool, level, limit, { seeds });
          if (level[0] !== Number.POSITIVE_INFINITY) {
            expect(componentsByWeight(pool.n, await engine.forest(pool, level, limit))).toEqual(expected);
            expect(componentsByWeight(pool.n, seeded)).toEqual(expected);
          } else
            expect(componentsByWeight(pool.n, seeded).at(-1)?.split(': ')[1]).toBe(
              expected.at(-1)?.split(': ')[1],
            );
        }
      }
    }));

  it('counts the neighbours of the reference, ties at the limit left out', () =>
    withBoth(async (engine, pool) => {
      for (const eps of [0.25, 0.5, 0.7]) {
        const limit = similarityLimit(eps);
        expect(await engine.count(pool, limit)).toEqual(await referencePairs.count(pool, limit));
      }
    }));

  it('attaches rows to the nearest and to the first column of the reference', () =>
    withBoth(async (engine, pool) => {
      const order = randomStream(3, 'order').permutation(pool.n);
      const [rows, columns] = [order.slice(0, 150), order.slice(100)];
      for (const eps of [0.05, 0.5, 1]) {
        for (const which of ['nearest', 'first'] as const) {
          const limit = similarityLimit(eps);
          const expected = await referencePairs.attach(pool, rows, columns, limit, which);
          expect(await engine.attach(pool, rows, columns, limit, which)).toEqual(expected);
        }
      }
    }));
});

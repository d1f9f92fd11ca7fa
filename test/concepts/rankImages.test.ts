import { describe, expect, it } from 'vitest';
import { imagePool, rankImages } from '../../src/concepts/index.js';
import type { Trials } from '../../src/prepare/index.js';
import { matrix, rowOf } from '../../src/util/index.js';
import { cosine, normalMatrix } from './helpers.js';

const vectors = normalMatrix(3, 16, 'vectors');
const embeddings = normalMatrix(400, 16, 'embeddings', 0.3);
const rowsOf = (table: { objects(): object[] }) =>
  table.objects() as {
    vector: number;
    side: string;
    rank: number;
    stimulus: number;
    score: number;
    z: number;
  }[];

describe('rankImages', () => {
  it('lists each side from its extreme, as a full sort of the float64 cosines does', async () => {
    const { table, nPool } = await rankImages(vectors, embeddings, { top: 7 });
    expect(nPool).toBe(400);
    expect(table.columnNames()).toEqual(['vector', 'side', 'rank', 'stimulus', 'score', 'z']);
    const rows = rowsOf(table);
    expect(rows).toHaveLength(3 * 2 * 7);
    for (let v = 0; v < 3; v++) {
      const scores = Array.from({ length: 400 }, (_, i) => cosine(rowOf(vectors, v), rowOf(embeddings, i)));
      const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
      const mean = scores.reduce((a, b) => a + b) / 400;
      const sd = Math.sqrt(scores.reduce((sum, s) => sum + (s - mean) ** 2, 0) / 400);
      for (const [side, expected] of [
        ['most', order.slice(0, 7)],
        ['least', order.slice(-7).reverse()],
      ] as const) {
        const own = rows.filter((row) => row.vector === v && row.side === side);
        expect(own.map((row) => row.rank)).toEqual([1, 2, 3, 4, 5, 6, 7]);
        expect(own.map((row) => row.stimulus)).toEqual(expected);
        for (const row of own) {
          expect(row.score).toBeCloseTo(scores[row.stimulus]!, 12);
          expect(row.z).toBeCloseTo((scores[row.stimulus]! - mean) / sd, 5);
        }
      }
    }
  });

  it('gives ties to the lower row, on both sides, also where rounding would reorder them', async () => {
    const same = matrix(6, 3);
    for (let i = 0; i < 6; i++) same.data.set([0.1 * (i + 1), 0.2 * (i + 1), 0.3 * (i + 1)], i * 3);
    same.data.set([0.1, 0.2, 0.3000001], 5 * 3);
    const { table } = await rankImages(matrix(1, 3, Float32Array.of(0, 0, 1)), same, { top: 2 });
    expect(rowsOf(table).find((row) => row.side === 'most')!.stimulus).toBe(5);
    const equal = matrix(5, 2, Float32Array.from([1, 1, 1, 1, 1, 1, 1, 1, 1, 1]));
    const tied = await rankImages(matrix(1, 2, Float32Array.of(1, 0)), equal, { top: 3 });
    expect(rowsOf(tied.table).map((row) => row.stimulus)).toEqual([0, 1, 2, 0, 1, 2]);
    expect(rowsOf(tied.table)[0]!.z).toBeNaN();
  });

  it('ranks over a pool in any order, and over all of a pool smaller than top', async () => {
    const { table, nPool } = await rankImages(vectors, embeddings, { top: 50, pool: [30, 4, 4, 9] });
    expect(nPool).toBe(3);
    const most = rowsOf(table).filter((row) => row.vector === 1 && row.side === 'most');
    const least = rowsOf(table).filter((row) => row.vector === 1 && row.side === 'least');
    expect(most.map((row) => row.stimulus).sort((a, b) => a - b)).toEqual([4, 9, 30]);
    expect(least.map((row) => row.stimulus)).toEqual(most.map((row) => row.stimulus).reverse());
  });

  it('refuses an empty pool, rows out of range and a top that is no positive integer', async () => {
    await expect(rankImages(vectors, embeddings, { pool: [] })).rejects.toThrow(
      'number of stimuli in the pool is 0; must be at least 1',
    );
    await expect(rankImages(vectors, embeddings, { pool: [3, 400] })).rejects.toThrow(
      'row in the pool is 400; must be an integer in [0, 400)',
    );
    await expect(rankImages(vectors, embeddings, { pool: [1.5] })).rejects.toThrow('row in the pool is 1.5');
    await expect(rankImages(vectors, embeddings, { top: 0 })).rejects.toThrow('top is 0');
  });

  it('leaves out near-identical pictures where asked to, and fills up from further down', async () => {
    const copies = matrix(400, 16, embeddings.data.slice());
    const plain = rowsOf((await rankImages(vectors, embeddings, { top: 8 })).table);
    const best = plain.find((row) => row.vector === 0)!.stimulus;
    const spares = Array.from({ length: 400 }, (_, i) => i)
      .filter((i) => !plain.some((row) => row.stimulus === i))
      .slice(0, 60);
    for (const spare of spares) copies.data.set(rowOf(embeddings, best), spare * 16);
    const copiesOf = (rows: { stimulus: number }[]) =>
      rows.filter((row) => row.stimulus === best || spares.includes(row.stimulus)).length;
    const most = (rows: ReturnType<typeof rowsOf>) =>
      rows.filter((row) => row.vector === 0 && row.side === 'most');
    const kept = most(rowsOf((await rankImages(vectors, copies, { top: 8 })).table));
    expect(copiesOf(kept)).toBe(8);
    const dropped = most(
      rowsOf((await rankImages(vectors, copies, { top: 8, duplicateCosine: 0.98 })).table),
    );
    expect(copiesOf(dropped)).toBe(1);
    expect(dropped).toHaveLength(8);
  });
});

describe('imagePool', () => {
  const trials = (stimulus: number[], split: ('train' | 'test')[]): Trials => ({
    nTrials: stimulus.length,
    stimulus: Int32Array.from(stimulus),
    session: new Int32Array(stimulus.length),
    run: new Int32Array(stimulus.length),
    repetition: new Int32Array(stimulus.length),
    split,
    extra: {},
  });
  const first = trials([0, 1, 2, 2], ['train', 'test', 'train', 'train']);
  const second = trials([1, 3], ['test', 'test']);

  it('is every stimulus, the tested ones, or those that none of the participants saw', () => {
    expect(Array.from(imagePool(5, first, 'all'))).toEqual([0, 1, 2, 3, 4]);
    expect(Array.from(imagePool(5, first, 'test'))).toEqual([1]);
    expect(Array.from(imagePool(5, first, 'unseen'))).toEqual([3, 4]);
    expect(Array.from(imagePool(5, [first, second], 'test'))).toEqual([1, 3]);
    expect(Array.from(imagePool(5, [first, second], 'unseen'))).toEqual([4]);
  });

  it('refuses a pool that comes out empty and stimuli out of range', () => {
    expect(() => imagePool(3, first, 'unseen')).toThrow('number of unseen stimuli is 0');
    expect(() => imagePool(2, first, 'unseen')).toThrow('stimulus of trial 2 is 2; must be in [0, 2)');
  });
});

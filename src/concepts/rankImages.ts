import type { ColumnTable } from 'arquero';
import { cosineSimilarities } from '../embed/index.js';
import {
  InputError,
  isMatrix,
  type Matrix,
  type RowSource,
  rowOf,
  rowSource,
  type WorkOptions,
} from '../util/index.js';
import { exactCosine, likelyExtremes, meanAndSd } from './extremes.js';

export interface RankOptions extends WorkOptions {
  /** How many of each side; default 20, fewer if the pool is smaller. */
  top?: number;
  /** Rows of the embeddings to choose from; default all. See `imagePool`. */
  pool?: ArrayLike<number>;
  /**
   * Leave out a picture whose embedding has at least this cosine with one ranked before it on the same side:
   * 0.98 drops near-identical pictures. Off by default.
   */
  duplicateCosine?: number;
}

/** The most and least associated stimuli of some vectors. */
export interface ImageRanking {
  /**
   * Columns `vector`, `side` (`most`, `least`), `rank` (from 1), `stimulus` (row of the embeddings), `score`
   * (cosine), `z` (standard deviations of the pool's scores from their mean; NaN where they do not vary).
   */
  readonly table: ColumnTable;
  /** Number of stimuli ranked over. */
  readonly nPool: number;
  /** Mean and standard deviation of each vector's scores over the pool. */
  readonly poolMean: Float64Array;
  readonly poolSd: Float64Array;
}

/**
 * The stimuli most and least associated with each vector: cosine of embedding and vector, highest and lowest,
 * over a pool. The least associated are the concept's *negation*.
 *
 * The order is that of scores recomputed in float64 (ties: the lower row first), so it does not depend on the
 * machine. Cost: see `cosineSimilarities`, plus nVectors × nPool floats.
 *
 * @param vectors concept vectors, nVectors × nDims, of any length but zero
 * @param embeddings nStimuli × nDims, in memory or read in blocks
 * @throws InputError for an empty pool, rows out of range, differing dimensions, or a zero or non-finite row
 * @example
 * const { table } = await rankImages(pooled, embeddings, { top: 10, pool: imagePool(nStimuli, trials, 'unseen') });
 */
export async function rankImages(
  vectors: Matrix,
  embeddings: Matrix | RowSource,
  options: RankOptions = {},
): Promise<ImageRanking> {
  const top = positiveInteger('top', options.top ?? 20);
  const rows = poolRows(options.pool, embeddings.shape[0]);
  const scores = await cosineSimilarities(vectors, embeddings, { ...options, rows });
  const source = isMatrix(embeddings) ? rowSource(embeddings) : embeddings;
  const embeddingOf = async (i: number) => (await source.readRows(rows[i]!, rows[i]! + 1)).slice();
  const { table } = await import('arquero');
  const columns = emptyColumns();
  const stats = Array.from({ length: vectors.shape[0] }, (_, v) => meanAndSd(rowOf(scores, v)));
  for (const [v, { mean, sd }] of stats.entries()) {
    for (const side of ['most', 'least'] as const) {
      const ranked = await rankSide(rowOf(scores, v), rowOf(vectors, v), embeddingOf, side, top, options);
      for (const [rank, { i, score }] of ranked.entries()) {
        columns.vector.push(v);
        columns.side.push(side);
        columns.rank.push(rank + 1);
        columns.stimulus.push(rows[i]!);
        columns.score.push(score);
        columns.z.push(sd > 0 ? (score - mean) / sd : Number.NaN);
      }
    }
  }
  return {
    table: table(columns),
    nPool: rows.length,
    poolMean: Float64Array.from(stats, ({ mean }) => mean),
    poolSd: Float64Array.from(stats, ({ sd }) => sd),
  };
}

const emptyColumns = () => ({
  vector: [] as number[],
  side: [] as ('most' | 'least')[],
  rank: [] as number[],
  stimulus: [] as number[],
  score: [] as number[],
  z: [] as number[],
});

/** The best of one side, scored in float64; duplicates dropped where asked for. */
async function rankSide(
  scores: Float32Array,
  vector: Float32Array,
  embeddingOf: (i: number) => Promise<Float32Array>,
  side: 'most' | 'least',
  top: number,
  { duplicateCosine }: RankOptions,
): Promise<{ i: number; score: number }[]> {
  const sign = side === 'most' ? 1 : -1;
  for (let nWanted = top; ; nWanted *= 4) {
    const candidates: { i: number; score: number; embedding: Float32Array }[] = [];
    for (const i of likelyExtremes(scores, nWanted, sign)) {
      const embedding = await embeddingOf(i);
      candidates.push({ i, score: exactCosine(vector, embedding), embedding });
    }
    candidates.sort((a, b) => sign * (b.score - a.score) || a.i - b.i);
    // Beyond the nWanted best, candidates are only those within rounding of the last: not in full order.
    const kept = dropDuplicates(candidates.slice(0, nWanted), duplicateCosine, top);
    if (kept.length === top || nWanted >= scores.length) return kept;
  }
}

function dropDuplicates<T extends { embedding: Float32Array }>(
  ranked: T[],
  cosine: number | undefined,
  top: number,
) {
  if (cosine === undefined) return ranked.slice(0, top);
  const kept: T[] = [];
  for (const one of ranked) {
    if (kept.length === top) break;
    if (!kept.some((other) => exactCosine(one.embedding, other.embedding) >= cosine)) kept.push(one);
  }
  return kept;
}

/** The rows of a pool, ascending and once each; InputError if there are none or one is out of range. */
export function poolRows(pool: ArrayLike<number> | undefined, nStimuli: number): Int32Array {
  const listed = pool ? [...new Set(Array.from(pool))] : Array.from({ length: nStimuli }, (_, i) => i);
  if (listed.length === 0) {
    throw new InputError('number of stimuli in the pool', 0, 'at least 1', 'choose another pool');
  }
  const bad = listed.find((row) => !(Number.isInteger(row) && row >= 0 && row < nStimuli));
  if (bad !== undefined) throw new InputError('row in the pool', bad, `an integer in [0, ${nStimuli})`);
  return Int32Array.from(listed).sort();
}

/** Throws InputError unless the value is a positive integer; returns it. */
export function positiveInteger(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new InputError(what, value, 'a positive integer');
}

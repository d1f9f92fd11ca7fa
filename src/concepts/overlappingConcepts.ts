import { cosineSimilarities } from '../embed/index.js';
import { InputError, type Matrix, type WorkOptions } from '../util/index.js';
import { exactCosine } from './extremes.js';
import { poolRows } from './rankImages.js';

export interface OverlapOptions extends WorkOptions {
  /** Share of the pool that counts as a concept's own pictures: its most associated ones. Default 0.05. */
  topShare?: number;
  /** Pairs that share less than this of them are left out. Default 0.25; by chance it is `topShare`. */
  minShared?: number;
  /** Pairs at most, those that share most first. Default 3. */
  maxPairs?: number;
  /** Rows of the embeddings to judge by; default all. */
  pool?: ArrayLike<number>;
}

/** Two concepts that are about the same pictures. */
export interface OverlappingPair {
  readonly first: number;
  readonly second: number;
  /** Share of the one's most associated pictures that are the other's as well. */
  readonly shared: number;
  /** Of the two concept vectors. */
  readonly cosine: number;
}

/**
 * Pairs of concepts that agree on their most associated pictures, and are therefore worth telling apart by
 * `dissociateConcepts`. Vectors alone do not show them: two kinds of food may lie no closer than food and faces.
 *
 * @param vectors nConcepts × nDims
 * @param embeddings nStimuli × nDims
 * @returns `first` < `second`; most shared first, ties by number
 * @throws InputError for a share outside (0, 1]
 * @example
 * for (const { first, second } of await overlappingConcepts(pooled, embeddings)) …
 */
export async function overlappingConcepts(
  vectors: Matrix,
  embeddings: Matrix,
  options: OverlapOptions = {},
): Promise<OverlappingPair[]> {
  const { topShare = 0.05, minShared = 0.25, maxPairs = 3 } = options;
  for (const [what, value] of Object.entries({ topShare, minShared }))
    if (!(value > 0 && value <= 1)) throw new InputError(what, value, 'in (0, 1]');
  const rows = poolRows(options.pool, embeddings.shape[0]);
  const [nConcepts, nDims] = vectors.shape;
  const scores = await cosineSimilarities(vectors, embeddings, { ...options, rows });
  const nTop = Math.max(1, Math.round(topShare * rows.length));
  const tops = Array.from({ length: nConcepts }, (_, k) => {
    const own = scores.data.subarray(k * rows.length, (k + 1) * rows.length);
    const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
    return new Set(order.slice(0, nTop));
  });
  const vectorOf = (k: number) => vectors.data.subarray(k * nDims, (k + 1) * nDims);
  const pairs: OverlappingPair[] = [];
  for (let first = 0; first < nConcepts; first++) {
    for (let second = first + 1; second < nConcepts; second++) {
      const both = [...tops[first]!].filter((i) => tops[second]!.has(i)).length;
      if (both / nTop < minShared) continue;
      pairs.push({
        first,
        second,
        shared: both / nTop,
        cosine: exactCosine(vectorOf(first), vectorOf(second)),
      });
    }
  }
  return pairs
    .sort((a, b) => b.shared - a.shared || a.first - b.first || a.second - b.second)
    .slice(0, maxPairs);
}

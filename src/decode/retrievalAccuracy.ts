import { productKind } from '../engine/chooseEngine.js';
import { openMultiply } from '../engine/multiply.js';
import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { randomStream } from '../util/random.js';

/** Single-trial predictions and what they should find. */
export interface RetrievalQuery {
  /** nQueries × nDims, of any length: one predicted embedding a trial. */
  predictions: Matrix;
  /** Row of the embeddings each query's trial showed. */
  stimulus: ArrayLike<number>;
  /** nStimuli × nDims. */
  embeddings: Matrix;
  /** Rows of the embeddings to search; the unique stimuli of the queries by default. */
  candidates?: ArrayLike<number>;
}

export interface RetrievalOptions extends WorkOptions {
  /** Defaults to 1, 5, 10, 50, 100, 500, those below the number of candidates. */
  k?: readonly number[];
  /** Resamples of the images behind the 95 % intervals; 0 for none. Defaults to 1000. */
  bootstrap?: number;
  /** Reassignments of images behind the p-values; 0 for none. Defaults to 1000. */
  permutations?: number;
  /** Master seed of permutations and bootstrap; default 0. */
  seed?: number;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
}

/** Share of queries whose own image is among the k nearest candidates. */
export interface TopK {
  k: number;
  accuracy: number;
  /** k / nCandidates. */
  chance: number;
  /** 95 % percentile interval over resampled images; NaN without resamples. */
  interval: [number, number];
  /** One-sided: (1 + permutations at least as good) / (1 + permutations); NaN without. */
  pValue: number;
}

/** How well predictions find their stimuli: what {@link retrievalAccuracy} finds. */
export interface Retrieval {
  nQueries: number;
  nCandidates: number;
  topK: TopK[];
  /** Median rank of the own image over queries, 1 the best. */
  medianRank: number;
  /** Share of pairs of queries of different images whose right assignment has the larger sum of cosines. */
  twoVersusTwo: number;
  /** Rank of each query's own image among the candidates, 1 the best; ties count as lost. */
  ranks: Int32Array;
}

interface Cosines {
  /** nQueries × nCandidates. */
  cosines: Matrix;
  /** Column of each query's own image. */
  own: Int32Array;
}

/**
 * How well predictions find their image: every single-trial prediction queries the unique images' true embeddings
 * by cosine. Top-k accuracy with its chance k / nCandidates, a bootstrap interval over images (all trials of a drawn
 * image come along), and a permutation p-value (images are reassigned as wholes, trials of one image together).
 *
 * A candidate that ties with the own image counts as nearer, so that constant predictions score nothing; a
 * prediction of length 0 has cosine 0 to everything.
 *
 * **Cost**: 2 · nQueries · nCandidates · nDims operations; memory 4 bytes (8 with permutations) a pair of query and
 * candidate. The same seed gives the same intervals and p-values.
 *
 * @throws InputError for sizes that disagree, a value that is not finite, a stimulus that is no row of the
 *   embeddings or not among the candidates, fewer than two candidates, k out of [1, nCandidates)
 * @example
 * const { topK } = await retrievalAccuracy({ predictions, stimulus: testStimulus, embeddings });
 * topK[0]; // { k: 1, accuracy: 0.21, chance: 0.001, interval: [0.19, 0.23], pValue: 0.001 }
 */
export async function retrievalAccuracy(
  query: RetrievalQuery,
  options: RetrievalOptions = {},
): Promise<Retrieval> {
  const found = await ownCosines(query, options);
  const [nQueries, nCandidates] = found.cosines.shape;
  const ks = options.k ?? [1, 5, 10, 50, 100, 500].filter((k) => k < nCandidates);
  for (const k of ks) {
    if (!Number.isInteger(k) || k < 1 || k >= nCandidates) {
      throw new InputError('k', k, `a whole number in [1, ${nCandidates}), fewer than the candidates`);
    }
  }
  const ranks = ranksOf(found);
  const accuracy = ks.map((k) => ranks.filter((rank) => rank <= k).length / nQueries);
  const intervals = bootstrap(ranks, found.own, ks, options);
  const pValues = await permute(found, ks, accuracy, options);
  const sorted = ranks.slice().sort();
  return {
    nQueries,
    nCandidates,
    topK: ks.map((k, i) => ({
      k,
      accuracy: accuracy[i]!,
      chance: k / nCandidates,
      interval: intervals[i]!,
      pValue: pValues[i]!,
    })),
    medianRank: (sorted[(nQueries - 1) >> 1]! + sorted[nQueries >> 1]!) / 2,
    twoVersusTwo: pairwise(found),
    ranks,
  };
}

/** Only the ranks of {@link retrievalAccuracy}. */
export async function retrievalRanks(
  query: RetrievalQuery,
  options: RetrievalOptions = {},
): Promise<{ ranks: Int32Array; nCandidates: number }> {
  const found = await ownCosines(query, options);
  return { ranks: ranksOf(found), nCandidates: found.cosines.shape[1] };
}

async function ownCosines(query: RetrievalQuery, options: RetrievalOptions): Promise<Cosines> {
  const { predictions, stimulus, embeddings } = query;
  const [nQueries, nDims] = predictions.shape;
  if (nQueries === 0) throw new InputError('predictions shape', predictions.shape, 'not empty');
  if (nDims !== embeddings.shape[1]) {
    throw new InputError('predictions columns', nDims, `${embeddings.shape[1]}, those of the embeddings`);
  }
  if (stimulus.length !== nQueries) {
    throw new InputError('the number of stimuli', stimulus.length, `${nQueries}, one a prediction`);
  }
  const candidates = Int32Array.from(new Set(Array.from(query.candidates ?? stimulus))).sort();
  if (candidates.length < 2)
    throw new InputError('the number of candidates', candidates.length, 'at least 2');
  const columnOf = new Map(Array.from(candidates, (image, column) => [image, column]));
  const own = Int32Array.from({ length: nQueries }, (_, i) => {
    const column = columnOf.get(stimulus[i]!);
    if (column === undefined) throw new InputError(`stimulus[${i}]`, stimulus[i], 'among the candidates');
    return column;
  });
  // candidates as columns: nDims × nCandidates
  const columns = matrix(nDims, candidates.length);
  for (const [column, image] of candidates.entries()) {
    if (image < 0 || image >= embeddings.shape[0]) {
      throw new InputError('stimulus', image, `a row of the embeddings, in [0, ${embeddings.shape[0]})`);
    }
    const unit = unitRow(rowOf(embeddings, image), `embeddings[${image}]`);
    for (let d = 0; d < nDims; d++) columns.data[d * candidates.length + column] = unit[d]!;
  }
  const multiply = await openMultiply(await productKind(options.engine));
  const cosines = matrix(nQueries, candidates.length);
  const block = 256;
  for (let start = 0; start < nQueries; start += block) {
    throwIfAborted(options.signal, 'retrieval');
    const end = Math.min(start + block, nQueries);
    const rows = matrix(end - start, nDims);
    for (let i = start; i < end; i++) {
      rows.data.set(unitRow(rowOf(predictions, i), `predictions[${i}]`), (i - start) * nDims);
    }
    cosines.data.set((await multiply(rows, columns)).data, start * candidates.length);
    await nextTurn();
  }
  return { cosines, own };
}

function unitRow(row: Float32Array, what: string): Float32Array {
  let square = 0;
  for (const value of row) square += value * value;
  if (!Number.isFinite(square)) throw new InputError(what, square, 'finite');
  const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
  return row.map((value) => value * scale);
}

function ranksOf({ cosines, own }: Cosines): Int32Array {
  return own.map((column, i) => {
    const row = rowOf(cosines, i);
    const value = row[column]!;
    let rank = 0;
    for (const other of row) if (other >= value) rank++;
    return rank;
  });
}

/** Hits and trials of each image, for each k. */
function hitsByImage(ranks: Int32Array, own: Int32Array, k: number) {
  const nImages = Math.max(...own) + 1;
  const hits = new Float64Array(nImages);
  const trials = new Float64Array(nImages);
  for (const [i, image] of own.entries()) {
    trials[image]!++;
    if (ranks[i]! <= k) hits[image]!++;
  }
  return { hits, trials };
}

function bootstrap(
  ranks: Int32Array,
  own: Int32Array,
  ks: readonly number[],
  { bootstrap: times = 1000, seed = 0 }: RetrievalOptions,
): [number, number][] {
  const images = Int32Array.from(new Set(own)).sort();
  return ks.map((k) => {
    if (times === 0) return [Number.NaN, Number.NaN];
    const { hits, trials } = hitsByImage(ranks, own, k);
    const stream = randomStream(seed, 'retrieval', 'bootstrap');
    const values = new Float64Array(times).map(() => {
      let hit = 0;
      let total = 0;
      for (let i = 0; i < images.length; i++) {
        const image = images[stream.integer(images.length)]!;
        hit += hits[image]!;
        total += trials[image]!;
      }
      return hit / total;
    });
    values.sort();
    const quantile = (share: number) => values[Math.min(times - 1, Math.floor(share * times))]!;
    return [quantile(0.025), quantile(0.975)];
  });
}

async function permute(
  { cosines, own }: Cosines,
  ks: readonly number[],
  accuracy: readonly number[],
  { permutations = 1000, seed = 0, signal }: RetrievalOptions,
): Promise<number[]> {
  if (permutations === 0) return ks.map(() => Number.NaN);
  const [nQueries, nCandidates] = cosines.shape;
  const ranks = new Int32Array(nQueries * nCandidates);
  for (let i = 0; i < nQueries; i++) {
    const row = rowOf(cosines, i);
    const order = Float32Array.from(row).sort();
    for (let c = 0; c < nCandidates; c++) {
      ranks[i * nCandidates + c] = nCandidates - firstAtLeast(order, row[c]!);
    }
    if (i % 256 === 0) await nextTurn();
  }
  const stream = randomStream(seed, 'retrieval', 'permutations');
  const asGood = ks.map(() => 0);
  for (let p = 0; p < permutations; p++) {
    throwIfAborted(signal, 'retrieval');
    const image = stream.permutation(nCandidates);
    const hits = ks.map(() => 0);
    for (let i = 0; i < nQueries; i++) {
      const rank = ranks[i * nCandidates + image[own[i]!]!]!;
      for (let k = 0; k < ks.length; k++) if (rank <= ks[k]!) hits[k]!++;
    }
    for (let k = 0; k < ks.length; k++) if (hits[k]! / nQueries >= accuracy[k]!) asGood[k]!++;
    if (p % 50 === 0) await nextTurn();
  }
  return asGood.map((count) => (1 + count) / (1 + permutations));
}

/** Place of the first element of an ascending array that is not below `value`. */
function firstAtLeast(ascending: Float32Array, value: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function pairwise({ cosines, own }: Cosines): number {
  const nCandidates = cosines.shape[1];
  const at = (query: number, column: number) => cosines.data[query * nCandidates + column]!;
  let pairs = 0;
  let right = 0;
  for (let i = 0; i < own.length; i++) {
    for (let j = i + 1; j < own.length; j++) {
      const [a, b] = [own[i]!, own[j]!];
      if (a === b) continue;
      pairs++;
      if (at(i, a) + at(j, b) > at(i, b) + at(j, a)) right++;
    }
  }
  return pairs ? right / pairs : Number.NaN;
}

import {
  InputError,
  type Matrix,
  nextTurn,
  randomStream,
  rowOf,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { midranks } from './auc.js';
import { correlation } from './negationTest.js';
import { type PartialRanks, partialRanks, residual } from './partialRanks.js';

/** Numbers of each picture by name; NaN or null where not known. */
export type FeatureColumns = Readonly<Record<string, ArrayLike<number | null>>>;

export interface FeatureTestOptions extends WorkOptions {
  /** Further columns held constant, but not tested: membership in a category, say. */
  covariates?: FeatureColumns;
  /** Permutations of the pictures, for `pPictures`; default 2000. */
  nPermutations?: number;
  /** Master seed; default 0. */
  seed?: number;
  /**
   * Scores of the same pictures along directions without meaning, nDirections × nPictures (`noiseDirections` draws
   * them): the null of `p` and `pCorrected`. One for all scores, or one for each by its name. Default none, and both NaN.
   */
  randomScores?: Matrix | Readonly<Record<string, Matrix>>;
}

/** One feature against one score. */
export interface FeatureTest {
  readonly feature: string;
  readonly target: string;
  /** Spearman correlation. */
  readonly r: number;
  /** The same with all other features and the covariates held constant (partial correlation of ranks). */
  readonly partial: number;
  /**
   * **The p-values to read where a score is a direction in an embedding space.** Does the feature go with this score
   * more than with directions without meaning? Two-sided, alone and corrected for the features of its target
   * (`pCorrected`: in at most α of the families without meaning is any ≤ α). NaN without `randomScores`.
   */
  readonly p: number;
  readonly pCorrected: number;
  /**
   * Does the feature go with the score at all, over pictures? Two-sided against permutations of the pictures, alone
   * and corrected for the features of its target. Almost every direction of an embedding goes with almost every feature a little, so
   * that this is small for directions without meaning too: it is no evidence that a concept is about the feature.
   */
  readonly pPictures: number;
  readonly pPicturesCorrected: number;
}

/**
 * Which measured features go with which scores, when the other features are held constant.
 *
 * All columns become ranks; e_f and e_s are what is left of feature and score after least squares on the others (and
 * 1), and partial = e_f · e_s / (‖e_f‖ ‖e_s‖). Two nulls, because pictures are not exchangeable for a score that lives
 * in an embedding space:
 *
 * - *directions* (`p`, `pCorrected`): |partial| against those of `randomScores`. For the correction, each feature's
 *   |partial| is divided by its root mean square over the random directions *and the tested one* — so that all count
 *   alike and p is exact for any number of directions — and compared with the largest over the features (max-T,
 *   Westfall and Young 1993).
 * - *pictures* (`pPictures`, `pPicturesCorrected`): e_s permuted over pictures, with the same permutation for all
 *   features and targets; the correction compares with the largest |partial| of each permutation.
 *
 * p = (1 + number at least as large) / (1 + number drawn). A family is the features of one target. Features without
 * variance, or that the others determine, have NaN. Time O(nDraws · nFeatures · nPictures) a target; the same seed
 * gives the same bytes.
 *
 * @param scores name → score of each picture
 * @param features name → value of each picture; pictures with an unknown one are left out
 * @returns the tests, features within targets, and the number of pictures that had all features
 * @throws InputError for unequal lengths or too few pictures
 * @example
 * const directions = await noiseDirections(embeddings);
 * const randomScores = await cosineSimilarities(directions, embeddings);
 * const { tests } = await testFeatures({ concept: scores }, features, { randomScores });
 */
export async function testFeatures(
  scores: Readonly<Record<string, ArrayLike<number>>>,
  features: FeatureColumns,
  options: FeatureTestOptions = {},
): Promise<{ tests: FeatureTest[]; nStimuli: number }> {
  const { covariates = {} } = options;
  const rows = completeRows({ ...scores, ...features, ...covariates });
  const names = Object.keys(features);
  const nNeeded = names.length + Object.keys(covariates).length + 3;
  if (rows.length < nNeeded) {
    throw new InputError(
      'pictures with all features',
      rows.length,
      `at least ${nNeeded}`,
      'leave features out',
    );
  }
  const known = (columns: FeatureColumns) =>
    Object.values(columns).map((column) => rows.map((row) => column[row]!));
  const model = partialRanks(known(features), known(covariates));
  const targets = Object.entries(scores).map(([name, column]) => ({
    name,
    ranks: midranks(rows.map((row) => column[row]!)),
  }));
  const byDirections = await directionNulls(model, rows, scores, options);
  const byPictures = await comparePictures(
    model,
    targets.map(({ ranks }) => ranks),
    options,
  );
  const tests = targets.flatMap(({ name: target, ranks }, t) => {
    const partials = model.correlate(ranks);
    const found = byDirections.get(target)?.(partials);
    return names.map((feature, f) => ({
      ...{ feature, target, r: correlation(model.ranks[f]!, ranks), partial: partials[f]! },
      p: found?.p[f] ?? Number.NaN,
      pCorrected: found?.pCorrected[f] ?? Number.NaN,
      pPictures: byPictures[t]!.p[f]!,
      pPicturesCorrected: byPictures[t]!.pCorrected[f]!,
    }));
  });
  return { tests, nStimuli: rows.length };
}

interface FamilyP {
  readonly p: readonly number[];
  readonly pCorrected: readonly number[];
}

/** For each target with random scores: what turns its partial correlations into p-values. */
async function directionNulls(
  model: PartialRanks,
  rows: readonly number[],
  scores: Readonly<Record<string, ArrayLike<number>>>,
  options: FeatureTestOptions,
): Promise<Map<string, (partials: Float64Array) => FamilyP>> {
  const { randomScores } = options;
  const known = new Map<Matrix, (partials: Float64Array) => FamilyP>();
  const found = new Map<string, (partials: Float64Array) => FamilyP>();
  for (const [target, { length }] of Object.entries(scores)) {
    const own = isOneMatrix(randomScores) ? randomScores : randomScores?.[target];
    if (!own) continue;
    if (own.shape[1] !== length) {
      throw new InputError('columns of randomScores', own.shape[1], `${length}, one a picture`);
    }
    const compare = known.get(own) ?? (await compareDirections(model, rows, own, options));
    known.set(own, compare);
    found.set(target, compare);
  }
  return found;
}

const isOneMatrix = (scores: FeatureTestOptions['randomScores']): scores is Matrix =>
  scores !== undefined && Array.isArray(scores['shape']);

/** p-values of a target's partial correlations against those of random directions. */
async function compareDirections(
  { correlate, own }: PartialRanks,
  rows: readonly number[],
  randomScores: Matrix,
  { signal, onProgress }: WorkOptions,
): Promise<(partials: Float64Array) => FamilyP> {
  const nDirections = randomScores.shape[0];
  const drawn: Float64Array[] = [];
  for (let r = 0; r < nDirections; r++) {
    if (r % 20 === 0) {
      throwIfAborted(signal, 'testing features');
      onProgress?.({ label: 'random directions', done: r, total: nDirections });
      await nextTurn();
    }
    const score = rowOf(randomScores, r);
    const ranks = midranks(rows.map((row) => score[row]!));
    drawn.push(correlate(ranks).map((value) => Math.abs(value) || 0));
  }
  const squares = own.map((_, f) => drawn.reduce((sum, values) => sum + values[f]! ** 2, 0));
  return (partials) => {
    const spread = squares.map((sum, f) => Math.sqrt((sum + (partials[f]! || 0) ** 2) / (nDirections + 1)));
    const largest = drawn.map((values) =>
      values.reduce((most, value, f) => Math.max(most, spread[f]! > 0 ? value / spread[f]! : 0), 0),
    );
    const share = (values: readonly number[], limit: number) =>
      (1 + values.filter((value) => value >= limit - 1e-12).length) / (1 + nDirections);
    const each = (of: (size: number, f: number) => number) =>
      Array.from(partials, (partial, f) => (Number.isNaN(partial) ? Number.NaN : of(Math.abs(partial), f)));
    return {
      p: each((size, f) =>
        share(
          drawn.map((values) => values[f]!),
          size,
        ),
      ),
      pCorrected: each((size, f) => share(largest, size / spread[f]!)),
    };
  };
}

/** p-values of every target's partial correlations against permutations of the pictures. */
async function comparePictures(
  model: PartialRanks,
  targets: readonly Float64Array[],
  { nPermutations = 2000, seed = 0, signal, onProgress }: FeatureTestOptions,
): Promise<FamilyP[]> {
  const random = randomStream(seed, 'features');
  const families = targets.map((ranks) => ({
    partials: model.correlate(ranks),
    left: model.others.map((basis) => residual(ranks, basis)),
    reached: new Int32Array(model.own.length),
    exceeded: new Int32Array(model.own.length),
  }));
  for (let permutation = 0; permutation < nPermutations; permutation++) {
    if (permutation % 50 === 0) {
      throwIfAborted(signal, 'testing features');
      onProgress?.({ label: 'testing features', done: permutation, total: nPermutations });
      await nextTurn();
    }
    const order = random.permutation(model.ranks[0]?.length ?? 0);
    for (const { partials, left, reached, exceeded } of families) {
      const drawn = model.own.map((own, f) =>
        own && left[f] ? Math.abs(permutedDot(own, left[f]!, order)) : 0,
      );
      const largest = Math.max(...drawn);
      for (const [f, value] of partials.entries()) {
        if (drawn[f]! >= Math.abs(value) - 1e-12) reached[f]!++;
        if (largest >= Math.abs(value) - 1e-12) exceeded[f]!++;
      }
    }
  }
  return families.map(({ partials, reached, exceeded }) => {
    const share = (counts: Int32Array) =>
      Array.from(partials, (partial, f) =>
        Number.isNaN(partial) ? Number.NaN : (1 + counts[f]!) / (1 + nPermutations),
      );
    return { p: share(reached), pCorrected: share(exceeded) };
  });
}

function completeRows(columns: FeatureColumns): number[] {
  const lists = Object.entries(columns);
  const n = lists[0]?.[1].length ?? 0;
  for (const [name, { length }] of lists) {
    if (length !== n) throw new InputError(`length of ${name}`, length, `${n}, one a picture`);
  }
  return Array.from({ length: n }, (_, row) => row).filter((row) =>
    lists.every(([, column]) => Number.isFinite(column[row])),
  );
}

function permutedDot(a: Float64Array, b: Float64Array, order: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[order[i]!]!;
  return sum;
}

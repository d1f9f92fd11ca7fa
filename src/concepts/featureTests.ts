import {
  InputError,
  type Matrix,
  nextTurn,
  randomStream,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { midranks } from './auc.js';
import { correlation } from './negationTest.js';

/** Numbers of each picture by name; NaN or null where not known. */
export type FeatureColumns = Readonly<Record<string, ArrayLike<number | null>>>;

export interface FeatureTestOptions extends WorkOptions {
  /** Further columns held constant, but not tested: membership in a category, say. */
  covariates?: FeatureColumns;
  /** Permutations of the pictures; default 2000. */
  nPermutations?: number;
  /** Master seed; default 0. */
  seed?: number;
  /** Scores of random directions, nDirections × nPictures, for `pDirection`; default none. */
  randomScores?: Matrix;
}

/** One feature against one score. */
export interface FeatureTest {
  readonly feature: string;
  readonly target: string;
  /** Spearman correlation. */
  readonly r: number;
  /** The same with all other features and the covariates held constant (partial correlation of ranks). */
  readonly partial: number;
  /** Two-sided permutation p of `partial`, alone and against the largest over all features and targets. */
  readonly p: number;
  readonly pCorrected: number;
  /**
   * How often a random direction's partial correlation with the feature is at least as strong, and (corrected) how often
   * its strongest over all features is, each in units of its feature's spread. NaN without `randomScores`.
   */
  readonly pDirection: number;
  readonly pDirectionCorrected: number;
}

/**
 * Which measured features go with which scores, when the other features are held constant.
 *
 * All columns become ranks; e_f and e_s are what is left of feature and score after least squares on the others (and
 * 1). partial = e_f · e_s / (‖e_f‖ ‖e_s‖). Under the null e_s is permuted over pictures, with the same permutation for
 * all features and targets; p counts |partial| at least as large, `pCorrected` against the largest |partial| of each
 * permutation (family-wise over features × targets). That null is about the pictures: in an embedding space almost every
 * direction goes with almost every feature a little, and many pictures make a little significant. Whether a feature goes
 * with *this* score more than with a direction taken at random is `pDirection`. Features without variance, or that the others determine, have NaN.
 *
 * @param scores name → score of each picture
 * @param features name → value of each picture; pictures with an unknown one are left out
 * @returns the tests, features within targets, and the number of pictures that had all features
 */
export async function testFeatures(
  scores: Readonly<Record<string, ArrayLike<number>>>,
  features: FeatureColumns,
  options: FeatureTestOptions = {},
): Promise<{ tests: FeatureTest[]; nStimuli: number }> {
  const { covariates = {}, nPermutations = 2000, seed = 0, signal, onProgress } = options;
  const rows = completeRows({ ...scores, ...features, ...covariates });
  const nNeeded = Object.keys(features).length + Object.keys(covariates).length + 3;
  if (rows.length < nNeeded) {
    throw new InputError(
      'pictures with all features',
      rows.length,
      `at least ${nNeeded}`,
      'leave features out',
    );
  }
  const ranked = (columns: FeatureColumns) =>
    Object.entries(columns).map(([name, column]) => ({
      name,
      ranks: midranks(rows.map((row) => column[row]!)),
    }));
  const [targets, tested, held] = [ranked(scores), ranked(features), ranked(covariates)];
  const pairs = tested.flatMap((feature) => {
    const others = [...tested.filter((other) => other !== feature), ...held].map(({ ranks }) => ranks);
    const basis = orthonormalBasis(others);
    const own = residual(feature.ranks, basis);
    return targets.map((target) => ({ feature, target, own, basis, score: residual(target.ranks, basis) }));
  });
  const byChance = options.randomScores && compareDirections(pairs, rows, options.randomScores);
  const observed = pairs.map(({ own, score }) => (own && score ? dot(own, score) : Number.NaN));
  const reached = new Int32Array(pairs.length);
  const exceeded = new Int32Array(pairs.length);
  const random = randomStream(seed, 'features');
  for (let permutation = 0; permutation < nPermutations; permutation++) {
    if (permutation % 50 === 0) {
      throwIfAborted(signal, 'testing features');
      onProgress?.({ label: 'testing features', done: permutation, total: nPermutations });
      await nextTurn();
    }
    const order = random.permutation(rows.length);
    const drawn = pairs.map(({ own, score }) =>
      own && score ? Math.abs(permutedDot(own, score, order)) : 0,
    );
    const largest = Math.max(...drawn);
    for (const [i, value] of observed.entries()) {
      if (drawn[i]! >= Math.abs(value) - 1e-12) reached[i]!++;
      if (largest >= Math.abs(value) - 1e-12) exceeded[i]!++;
    }
  }
  const share = (count: number, partial: number) =>
    Number.isNaN(partial) ? Number.NaN : (1 + count) / (1 + nPermutations);
  const tests = pairs.map(({ feature, target }, i) => ({
    ...{ feature: feature.name, target: target.name, partial: observed[i]! },
    r: correlation(feature.ranks, target.ranks),
    p: share(reached[i]!, observed[i]!),
    pCorrected: share(exceeded[i]!, observed[i]!),
    ...(byChance?.(i, observed[i]!) ?? { pDirection: Number.NaN, pDirectionCorrected: Number.NaN }),
  }));
  const order = Object.keys(scores);
  tests.sort((a, b) => order.indexOf(a.target) - order.indexOf(b.target));
  return { tests, nStimuli: rows.length };
}

interface Pair {
  readonly feature: { readonly name: string };
  readonly own: Float64Array | undefined;
  readonly basis: readonly Float64Array[];
}

/** p-values of a pair's partial correlation against those of random directions. */
function compareDirections(pairs: readonly Pair[], rows: readonly number[], { data, shape }: Matrix) {
  const ranks = Array.from({ length: shape[0] }, (_, r) =>
    midranks(rows.map((row) => data[r * shape[1] + row]!)),
  );
  const partials = new Map<string, Float64Array>();
  for (const { feature, own, basis } of pairs) {
    if (!own || partials.has(feature.name)) continue;
    const found = Float64Array.from(ranks, (column) =>
      Math.abs(dot(own, residual(column, basis) ?? own.map(() => 0))),
    );
    partials.set(feature.name, found);
  }
  const spread = new Map(
    [...partials].map(([name, values]) => [name, Math.sqrt(dot(values, values) / values.length)] as const),
  );
  const strongest = Float64Array.from(ranks, (_, r) =>
    Math.max(...[...partials].map(([name, values]) => values[r]! / spread.get(name)!)),
  );
  const share = (values: Float64Array, limit: number) =>
    (1 + values.reduce((n, value) => n + (value >= limit - 1e-12 ? 1 : 0), 0)) / (1 + values.length);
  return (pair: number, partial: number) => {
    const { name } = pairs[pair]!.feature;
    const values = partials.get(name);
    if (!values || Number.isNaN(partial)) return undefined;
    const pDirection = share(values, Math.abs(partial));
    return { pDirection, pDirectionCorrected: share(strongest, Math.abs(partial) / spread.get(name)!) };
  };
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

/** Orthonormal columns that span the given ones and 1 (Gram–Schmidt, twice for accuracy). */
function orthonormalBasis(columns: readonly Float64Array[]): Float64Array[] {
  const n = columns[0]?.length ?? 0;
  const basis: Float64Array[] = n ? [new Float64Array(n).fill(1 / Math.sqrt(n))] : [];
  for (const column of columns) {
    const left = residual(column, basis);
    if (left) basis.push(left);
  }
  return basis;
}

/** What the basis leaves of a column, of unit length; undefined if (almost) nothing. */
function residual(column: Float64Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  const left = column.map((value) => value - mean);
  const before = Math.sqrt(dot(left, left));
  for (let twice = 0; twice < 2; twice++) {
    for (const axis of basis) {
      const share = dot(axis, left);
      for (let i = 0; i < left.length; i++) left[i]! -= share * axis[i]!;
    }
  }
  const length = Math.sqrt(dot(left, left));
  return length > 1e-7 * before ? left.map((value) => value / length) : undefined;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function permutedDot(a: Float64Array, b: Float64Array, order: Int32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[order[i]!]!;
  return sum;
}

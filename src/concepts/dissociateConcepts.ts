import type { ColumnTable } from 'arquero';
import { checkSameDims, cosineSimilarities, unitRows } from '../embed/cosineSimilarities.js';
import { InputError, type Matrix, matrix, type RowSource, rowOf } from '../util/index.js';
import { exactCosine, meanAndSd } from './extremes.js';
import { type ConceptLabels, labelConcept, type Vocabulary } from './labelConcept.js';
import { noiseDirections } from './noiseDirections.js';
import { poolRows, positiveInteger } from './rankImages.js';
import { type FeatureColumns, type FeatureTestOptions, testFeatures } from './testFeatures.js';

/** Options of {@link dissociateConcepts}. */
export interface DissociateOptions extends Omit<FeatureTestOptions, 'randomScores'> {
  /** Pictures a side of the disagreement; default 20. */
  top?: number;
  /** Rows of the embeddings to judge by; default all. */
  pool?: ArrayLike<number>;
  /** Measured features of each stimulus, by row of the embeddings. */
  features?: FeatureColumns;
  /** Directions without meaning to compare feature correlations with; default 500, see `noiseDirections`. */
  nDirections?: number;
  /** Your own instead, nDirections × nDims: the vectors of voxels without signal, for example. */
  nullDirections?: Matrix;
  /** Words for the difference direction. */
  vocabulary?: Vocabulary;
}

/** How two concepts differ. */
export interface Dissociation {
  /** Cosine of the two concept vectors. */
  readonly cosine: number;
  /** Correlation of their scores over the pool. */
  readonly scoreCorrelation: number;
  /** Unit difference of the unit vectors, first − second. */
  readonly direction: Float32Array;
  /**
   * The pictures on which they disagree most: `side` (the concept that is for it: `first`, `second`), `rank`, `stimulus`,
   * `difference` (z of the first − z of the second), `zFirst`, `zSecond` (against the pool).
   */
  readonly disagreement: ColumnTable;
  /** Words along the direction (`most`: the first concept's) if a vocabulary was given. */
  readonly words?: ConceptLabels;
  /**
   * If features were given: `target` (`first`, `second`, `difference`), `feature`, `r`, `partial`, and the p-values of
   * `testFeatures`: `p` and `pCorrected` against directions without meaning, which are the ones to read, and
   * `pPictures` and `pPicturesCorrected` against permuted pictures. Over `nStimuli` pictures with all features known.
   */
  readonly features?: ColumnTable;
  readonly nStimuli?: number;
}

/**
 * Tells two concepts apart: is it food, or is it red? The pictures on which they disagree, the words of their
 * difference, and which measured picture features go with the one, the other, and their difference, with all other
 * features (and covariates) held constant.
 *
 * A feature belongs to the first concept and not the second if `pCorrected` is small for `first` and not for `second`,
 * *and* small for `difference`: the last is the test of the contrast itself. `pCorrected` is calibrated: of families
 * (the features of one target) of concept vectors of voxels without signal, a share of α at most has any
 * `pCorrected` ≤ α. Scores are z-scored cosines over the pool. Same seed, same result.
 *
 * @param first nDims, of any length but zero
 * @param second nDims
 * @param embeddings nStimuli × nDims
 * @throws InputError if dimensions differ, the two vectors point the same way, or features do not fit
 * @example
 * const { features } = await dissociateConcepts(colour, shape, embeddings, {
 *   features: { warmth, roundness }, covariates: { food },
 * });
 */
export async function dissociateConcepts(
  first: Float32Array,
  second: Float32Array,
  embeddings: Matrix | RowSource,
  options: DissociateOptions = {},
): Promise<Dissociation> {
  const top = positiveInteger('top', options.top ?? 20);
  const nDims = first.length;
  const both = matrix(2, nDims, Float32Array.from([...first, ...second]));
  checkSameDims(both, embeddings);
  const units = unitRows(both, 'vectors');
  const direction = unitRows(
    matrix(
      1,
      nDims,
      rowOf(units, 0).map((value, d) => value - units.data[nDims + d]!),
    ),
    'difference of the vectors,',
  );
  const rows = poolRows(options.pool, embeddings.shape[0]);
  const scores = await cosineSimilarities(units, embeddings, { ...options, rows });
  const [zFirst, zSecond] = [zScores(rowOf(scores, 0)), zScores(rowOf(scores, 1))];
  const difference = zFirst.map((z, i) => z - zSecond[i]!);
  const { table } = await import('arquero');
  const order = Array.from(difference.keys()).sort((a, b) => difference[b]! - difference[a]! || a - b);
  const sides = { first: order.slice(0, top), second: order.slice(-top).reverse() };
  const listed = Object.entries(sides).flatMap(([side, own]) =>
    own.map((i, rank) => ({ side, rank: rank + 1, i })),
  );
  const known = options.features
    ? await testFeatures(
        { first: zFirst, second: zSecond, difference },
        takeColumns(options.features, rows, embeddings.shape[0]),
        {
          ...options,
          covariates: takeColumns(options.covariates ?? {}, rows, embeddings.shape[0]),
          randomScores: await randomScores(embeddings, rows, zFirst, zSecond, options),
        },
      )
    : undefined;
  const column = <K extends string>(list: readonly Readonly<Record<K, unknown>>[], name: K) =>
    list.map((entry) => entry[name]);
  return {
    cosine: exactCosine(first, second),
    scoreCorrelation: zFirst.reduce((sum, z, i) => sum + z * zSecond[i]!, 0) / rows.length,
    direction: direction.data,
    disagreement: table({
      side: column(listed, 'side'),
      rank: column(listed, 'rank'),
      stimulus: listed.map(({ i }) => rows[i]!),
      difference: listed.map(({ i }) => difference[i]!),
      zFirst: listed.map(({ i }) => zFirst[i]!),
      zSecond: listed.map(({ i }) => zSecond[i]!),
    }),
    words: options.vocabulary && (await labelConcept(direction, options.vocabulary, { top })),
    features:
      known &&
      table(Object.fromEntries(([...testColumns] as const).map((name) => [name, column(known.tests, name)]))),
    nStimuli: known?.nStimuli,
  };
}

const testColumns = [
  ...(['target', 'feature', 'r', 'partial', 'p', 'pCorrected', 'pPictures', 'pPicturesCorrected'] as const),
];

/**
 * Scores of the pool along directions without meaning. z₁ − z₂ has nothing of z₁ + z₂ (both have variance 1), so that
 * its null are such scores with z₁ + z₂ taken out: what two noisy copies of one concept would differ by.
 */
async function randomScores(
  embeddings: Matrix | RowSource,
  rows: Int32Array,
  zFirst: Float64Array,
  zSecond: Float64Array,
  options: DissociateOptions,
): Promise<Record<string, Matrix>> {
  const directions =
    options.nullDirections ?? (await noiseDirections(embeddings, { ...options, pool: rows }));
  const alone = await cosineSimilarities(directions, embeddings, { signal: options.signal, rows });
  const common = zFirst.map((z, i) => z + zSecond[i]!);
  const squared = common.reduce((sum, value) => sum + value * value, 0);
  const apart = matrix(alone.shape[0], alone.shape[1], alone.data.slice());
  for (let r = 0; r < apart.shape[0]; r++) {
    const row = rowOf(apart, r);
    const share = squared > 0 ? row.reduce((sum, value, i) => sum + value * common[i]!, 0) / squared : 0;
    for (let i = 0; i < row.length; i++) row[i]! -= share * common[i]!;
  }
  return { first: alone, second: alone, difference: apart };
}

function zScores(values: Float32Array): Float64Array {
  const { mean, sd } = meanAndSd(values);
  return Float64Array.from(values, (value) => (sd > 0 ? (value - mean) / sd : 0));
}

function takeColumns(columns: FeatureColumns, rows: Int32Array, nStimuli: number): FeatureColumns {
  return Object.fromEntries(
    Object.entries(columns).map(([name, column]) => {
      if (column.length !== nStimuli) {
        throw new InputError(`length of ${name}`, column.length, `${nStimuli}, one a stimulus`);
      }
      return [name, Array.from(rows, (row) => column[row]!)];
    }),
  );
}

import type { ColumnTable } from 'arquero';
import { checkSameDims, unitRows } from '../embed/cosineSimilarities.js';
import { InputError, type Matrix, rowOf, type WorkOptions } from '../util/index.js';
import { exactCosine } from './extremes.js';
import { positiveInteger, rankImages } from './rankImages.js';

/** Words with their text embeddings, row by row. */
export interface Vocabulary {
  readonly names: readonly string[];
  /** nWords × nDims, of any length but zero. */
  readonly embeddings: Matrix;
}

export interface LabelOptions extends WorkOptions {
  /** How many words of each side; default 20. */
  top?: number;
  /**
   * `mean` (default) takes out what all words and all images share, see below; `none` scores by the plain cosine.
   */
  correction?: 'mean' | 'none';
  /** Mean of the unit image embeddings (nDims): its direction is taken out of the vectors as well. */
  imageMean?: Float32Array;
}

/** The words closest to and farthest from some vectors. */
export interface ConceptLabels {
  /**
   * Columns `vector`, `side`, `rank` (from 1), `word`, `row` (of the vocabulary), `score` (the ranked one),
   * `cosine` (uncorrected), `z` (against all words of the vocabulary).
   */
  readonly table: ColumnTable;
  readonly nWords: number;
}

/**
 * Words for each vector: text embeddings of a vocabulary ranked by cosine, nearest and farthest.
 *
 * Text and image embeddings of CLIP fill two narrow cones far apart; what decides the plain cosine is partly how
 * typical a word is of all words. The correction `mean` removes it: with t̂ a word's unit embedding and t̄ the
 * mean of t̂ over the vocabulary, words are compared by t̂ − t̄, and the directions of t̄ and (if given) of the
 * image mean are projected out of the vector. A vocabulary of one word is not corrected.
 *
 * Cost as `rankImages`: 20,000 words against 50 vectors take some 0.1 s.
 *
 * @param vectors nVectors × nDims (one concept: one row)
 * @throws InputError if names and rows differ in number, dimensions differ, a row is zero or not finite, or a
 *   vector or word has no direction left after the correction
 * @example
 * const { table } = await labelConcept(pooled, { names, embeddings: words }, { top: 5 });
 */
export async function labelConcept(
  vectors: Matrix,
  vocabulary: Vocabulary,
  options: LabelOptions = {},
): Promise<ConceptLabels> {
  const { names, embeddings } = vocabulary;
  const nWords = embeddings.shape[0];
  if (names.length !== nWords || nWords === 0) {
    throw new InputError(
      'number of words',
      names.length,
      `${nWords}, the rows of their embeddings, at least 1`,
    );
  }
  checkSameDims(vectors, embeddings);
  const top = positiveInteger('top', options.top ?? 20);
  const correct = (options.correction ?? 'mean') === 'mean' && nWords > 1;
  const { words, concepts } = correct
    ? takeOutMeans(vectors, embeddings, options.imageMean)
    : { words: embeddings, concepts: vectors };
  const { table: ranked } = await rankImages(concepts, words, { ...options, top });
  const { table } = await import('arquero');
  const rows = ranked.array('stimulus') as number[];
  const vectorOf = ranked.array('vector') as number[];
  return {
    table: table({
      vector: vectorOf,
      side: ranked.array('side') as string[],
      rank: ranked.array('rank') as number[],
      word: rows.map((row) => names[row]!),
      row: rows,
      score: ranked.array('score') as number[],
      cosine: rows.map((row, i) => exactCosine(rowOf(vectors, vectorOf[i]!), rowOf(embeddings, row))),
      z: ranked.array('z') as number[],
    }),
    nWords,
  };
}

/** Words centred on their mean, vectors without the directions of the two means. */
export function takeOutMeans(vectors: Matrix, embeddings: Matrix, imageMean?: Float32Array) {
  const [nWords, nDims] = embeddings.shape;
  const units = unitRows(embeddings, 'word embeddings');
  const mean = meanRow(units);
  const words = subtractRow(units, mean);
  const concepts = unitRows(vectors, 'vectors');
  const axes = orthonormal([Float64Array.from(mean), ...(imageMean ? [Float64Array.from(imageMean)] : [])]);
  for (let v = 0; v < concepts.shape[0]; v++) {
    const row = rowOf(concepts, v);
    for (const axis of axes) {
      const share = dot(axis, row);
      for (let d = 0; d < nDims; d++) row[d]! -= share * axis[d]!;
    }
    checkLeft(row, `vector ${v}`);
  }
  for (let w = 0; w < nWords; w++) checkLeft(rowOf(words, w), `word ${w}`);
  return { words, concepts };
}

/** Mean of the rows, summed in float64. */
export function meanRow(m: Matrix): Float64Array {
  const [nRows, nDims] = m.shape;
  const mean = new Float64Array(nDims);
  for (let r = 0; r < nRows; r++) {
    for (let d = 0; d < nDims; d++) mean[d]! += m.data[r * nDims + d]!;
  }
  return mean.map((sum) => sum / nRows);
}

/** Takes a row away from every row of a matrix, in place. */
export function subtractRow(m: Matrix, row: ArrayLike<number>): Matrix {
  const [nRows, nDims] = m.shape;
  for (let r = 0; r < nRows; r++) {
    for (let d = 0; d < nDims; d++) m.data[r * nDims + d]! -= row[d]!;
  }
  return m;
}

/** Unit vectors that span the given ones (Gram–Schmidt); those without own direction are dropped. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  const axes: Float64Array[] = [];
  for (const vector of vectors) {
    const before = Math.sqrt(dot(vector, vector));
    for (const axis of axes) {
      const share = dot(axis, vector);
      for (let d = 0; d < vector.length; d++) vector[d]! -= share * axis[d]!;
    }
    const length = Math.sqrt(dot(vector, vector));
    if (length > 1e-6 * before) axes.push(vector.map((value) => value / length));
  }
  return axes;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let d = 0; d < a.length; d++) sum += a[d]! * b[d]!;
  return sum;
}

function checkLeft(row: Float32Array, what: string): void {
  const length = Math.sqrt(dot(row, row));
  if (length > 1e-5) return;
  throw new InputError(
    `length of ${what} without the mean`,
    length,
    'above 1e-5',
    'use a wider vocabulary, or the correction "none"',
  );
}

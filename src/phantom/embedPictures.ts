import { EigenvalueDecomposition, Matrix as MlMatrix } from 'ml-matrix';
import { type Matrix, matrix, rowOf } from '../util/array.js';
import { randomStream } from '../util/random.js';
import { featureNames } from './measurePicture.js';
import { lessCategory, standardScore } from './standardScore.js';
import type { Stimulus, Words } from './types.js';

const nDims = 512;

/** Shares of an embedding's squared length; what is left of 1 is the mean direction's. */
const share = { kinds: 0.01, category: 0.19, subcategory: 0.03, keywords: 0.15, features: 0.12 };

/** Share of a word's content that its pictures do not tell. */
const ownMeaning = 0.25;

/** Features that the embedding carries; hue is left to warmth and redness, which do not wrap around. */
export const embeddedFeatures = featureNames.filter((name) => name !== 'hue');

/**
 * Embeddings of the phantom's pictures and of a vocabulary in one space of 512 dimensions, with the geometry of
 * CLIP ViT-B/32 (`docs/phantom.md` compares them): a mean direction that holds half of the squared length, a
 * decaying spectrum, length about 10, and words apart from pictures by a constant (the modality gap).
 *
 *     y = m √0.5 + √0.01 Σ kinds + √0.19 idf category + √0.03 subcategory + √0.15 Σ idf keywords + √0.12 Σ z̃ features
 *
 * Every word and every feature has a random direction of its own; those of the mean, of kinds, categories and
 * features are orthonormal, and keywords and subcategories orthogonal to them. z̃ are standard scores clipped to ±2.5
 * and whitened within categories (the matrix nearest to the identity that leaves them uncorrelated there), so that
 * no feature's direction speaks for another's. A word's embedding is the text mean, the mean of its pictures, and
 * a direction of its own. The same for every seed of the phantom, as CLIP is the same for every brain.
 */
export function embedPictures(stimuli: readonly Stimulus[]): { embeddings: Matrix; words: Words } {
  const categories = [...new Set(stimuli.map(({ category }) => category))];
  const direction = directions([
    ...['mean of pictures', 'mean of texts'],
    ...[...kindWords, ...categories],
    ...embeddedFeatures.map((name) => `feature ${name}`),
  ]);
  const uses = new Map<string, number[]>();
  stimuli.forEach((stimulus, row) => {
    for (const word of stimulus.keywords) uses.set(word, [...(uses.get(word) ?? []), row]);
  });
  const scores = whitenedScores(stimuli);
  const rarity = weightByRarity(
    stimuli.map(({ category }) => category),
    share.category,
  );
  const general = new Set(stimuli.flatMap(({ category, keywords }) => kindsAmong(keywords, category)));
  const content = matrix(stimuli.length, nDims);
  stimuli.forEach((stimulus, row) => {
    const out = rowOf(content, row);
    const add = (weights: [string, number][], power: number) => {
      const length = Math.hypot(...weights.map(([, weight]) => weight)) || 1;
      for (const [name, weight] of weights) axpy(out, (Math.sqrt(power) * weight) / length, direction(name));
    };
    const kinds = kindsAmong(stimulus.keywords, stimulus.category);
    const keywords = stimulus.keywords.filter((word) => !general.has(word) && word !== stimulus.category);
    add(
      kinds.map((word) => [word, 1]),
      share.kinds,
    );
    axpy(out, rarity(stimulus.category), direction(stimulus.category));
    add([[`subcategory ${stimulus.subcategory}`, 1]], share.subcategory);
    add(
      keywords.map((word) => [word, Math.log(stimuli.length / uses.get(word)!.length)]),
      share.keywords,
    );
    embeddedFeatures.forEach((name, f) => {
      const weight = Math.sqrt(share.features / embeddedFeatures.length);
      axpy(out, weight * scores.data[row * embeddedFeatures.length + f]!, direction(`feature ${name}`));
    });
  });
  centre(content);
  const common = 1 - Object.values(share).reduce((sum, value) => sum + value, 0);
  const scale = randomStream(0, 'phantom/embedding/length');
  const embeddings = matrix(stimuli.length, nDims);
  for (let row = 0; row < stimuli.length; row++) {
    const out = rowOf(embeddings, row);
    axpy(out, 1, rowOf(content, row));
    axpy(out, Math.sqrt(common), direction('mean of pictures'));
    normalise(out, 10 + 0.5 * scale.normal());
  }
  return { embeddings, words: embedWords(content, uses, stimuli, direction) };
}

/** Weight of a name, in proportion to log(nStimuli / its pictures), with the given mean square over pictures. */
function weightByRarity(names: readonly string[], meanSquare: number): (name: string) => number {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const idf = (name: string) => Math.log(names.length / counts.get(name)!);
  const factor = Math.sqrt(
    meanSquare / (names.reduce((sum, name) => sum + idf(name) ** 2, 0) / names.length),
  );
  return (name) => factor * idf(name);
}

/** Words of at least two pictures, and every word of a picture's name, in alphabetical order. */
function embedWords(
  content: Matrix,
  uses: ReadonlyMap<string, readonly number[]>,
  stimuli: readonly Stimulus[],
  direction: (name: string) => Float32Array,
): Words {
  const named = new Set(stimuli.flatMap(({ name }) => name.toLowerCase().split(/[^\p{L}\p{N}]+/u)));
  const words = [...uses]
    .filter(([word, rows]) => /^\p{L}{2,}$/u.test(word) && (rows.length > 1 || named.has(word)))
    .map(([word]) => word)
    .sort((a, b) => (a < b ? -1 : 1));
  const embeddings = matrix(words.length, content.shape[1]);
  words.forEach((word, w) => {
    const out = rowOf(embeddings, w);
    for (const row of uses.get(word)!) axpy(out, 1, rowOf(content, row));
    normalise(out, Math.sqrt(0.4 * (1 - ownMeaning)));
    axpy(out, Math.sqrt(0.4 * ownMeaning), direction(word));
    axpy(out, Math.sqrt(0.6), direction('mean of texts'));
    normalise(out, 10);
  });
  return { names: words, embeddings };
}

/**
 * The random unit direction of each name, drawn once. Those of the given names are made orthonormal in their order;
 * all others are orthogonal to them.
 */
function directions(orthonormal: readonly string[]): (name: string) => Float32Array {
  const drawn = new Map<string, Float32Array>();
  const base: Float32Array[] = [];
  const direction = (name: string) => {
    let own = drawn.get(name);
    if (!own) {
      own = randomStream(0, 'phantom/embedding', name).normals(new Float32Array(nDims));
      for (const other of base) {
        let dot = 0;
        for (let d = 0; d < nDims; d++) dot += own[d]! * other[d]!;
        axpy(own, -dot, other);
      }
      normalise(own, 1);
      drawn.set(name, own);
    }
    return own;
  };
  for (const name of orthonormal) base.push(direction(name));
  return direction;
}

/** Standard scores of the embedded features (nStimuli × nFeatures), whitened within categories by ZCA. */
function whitenedScores(stimuli: readonly Stimulus[]): Matrix {
  const nFeatures = embeddedFeatures.length;
  const scores = matrix(stimuli.length, nFeatures);
  const within = new MlMatrix(stimuli.length, nFeatures);
  embeddedFeatures.forEach((name, f) => {
    const own = standardScore(stimuli, name);
    const rest = lessCategory(stimuli, own);
    for (let row = 0; row < stimuli.length; row++) {
      scores.data[row * nFeatures + f] = own[row]!;
      within.set(row, f, rest[row]!);
    }
  });
  const covariance = within.transpose().mmul(within).div(stimuli.length);
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const inverseRoot = eigenvectorMatrix
    .mmul(MlMatrix.diag(realEigenvalues.map((value) => 1 / Math.sqrt(value))))
    .mmul(eigenvectorMatrix.transpose());
  const out = matrix(stimuli.length, nFeatures);
  for (let row = 0; row < stimuli.length; row++) {
    for (let f = 0; f < nFeatures; f++) {
      let sum = 0;
      for (let g = 0; g < nFeatures; g++) sum += inverseRoot.get(f, g) * scores.data[row * nFeatures + g]!;
      out.data[row * nFeatures + f] = sum;
    }
  }
  return out;
}

const kindWords = 'living body people edible scene artifact leisure symbol text'.split(' ');

function kindsAmong(keywords: readonly string[], category: string): string[] {
  return kindWords.filter((word) => word !== category && keywords.includes(word));
}

function axpy(out: Float32Array, factor: number, x: Float32Array): void {
  for (let d = 0; d < out.length; d++) out[d]! += factor * x[d]!;
}

function normalise(out: Float32Array, length: number): void {
  let sum = 0;
  for (const value of out) sum += value * value;
  const factor = length / (Math.sqrt(sum) || 1);
  for (let d = 0; d < out.length; d++) out[d]! *= factor;
}

function centre(m: Matrix): void {
  const [nRows, nColumns] = m.shape;
  const mean = new Float64Array(nColumns);
  for (let row = 0; row < nRows; row++)
    for (let d = 0; d < nColumns; d++) mean[d]! += m.data[row * nColumns + d]! / nRows;
  for (let row = 0; row < nRows; row++)
    for (let d = 0; d < nColumns; d++) m.data[row * nColumns + d]! -= mean[d]!;
}

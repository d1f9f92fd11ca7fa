import { type Matrix, matrix, rowOf } from '../util/array.js';
import { randomStream } from '../util/random.js';
import type { Stimulus } from './types.js';

/** Share of a further image's variance around the mean embedding that is not its picture's. */
const ownShare = 0.2;

/**
 * Makes several images of each picture, where a study needs more images than there are pictures: NSD's participants
 * saw up to 10,000 each. Image `i + v · n` is version v of picture i of n; version 0 is the picture itself. A further
 * version keeps drawing, name, keywords and measured features, and its embedding differs as another photograph of the
 * same thing would, along the directions in which pictures differ:
 *
 *     y' = m + √(1 − s) (y − m) + √(s / 2) (y₁ − y₂),   s = 0.2,  m the mean,  y₁, y₂ of two random pictures
 *
 * so that mean and covariance stay those of the pictures. The same for every seed.
 *
 * @param embeddings nPictures × nDims
 * @param versions images of each picture; 1 returns what was given
 * @returns nPictures · versions stimuli and rows
 */
export function multiplyPictures(
  stimuli: readonly Stimulus[],
  embeddings: Matrix,
  versions: number,
): { stimuli: readonly Stimulus[]; embeddings: Matrix } {
  if (versions === 1) return { stimuli, embeddings };
  const [nPictures, nDims] = embeddings.shape;
  const out = matrix(nPictures * versions, nDims);
  const all: Stimulus[] = [...stimuli];
  out.data.set(embeddings.data);
  const mean = new Float64Array(nDims);
  for (let i = 0; i < embeddings.data.length; i++) mean[i % nDims]! += embeddings.data[i]! / nPictures;
  const [kept, other] = [Math.sqrt(1 - ownShare), Math.sqrt(ownShare / 2)];
  for (let version = 1; version < versions; version++) {
    const draw = randomStream(0, 'phantom', 'versions', version);
    stimuli.forEach((stimulus, i) => {
      const [y, y1, y2] = [i, draw.integer(nPictures), draw.integer(nPictures)].map((row) =>
        rowOf(embeddings, row),
      );
      const to = rowOf(out, version * nPictures + i);
      for (let d = 0; d < nDims; d++) {
        to[d] = mean[d]! + kept * (y![d]! - mean[d]!) + other * (y1![d]! - y2![d]!);
      }
      all.push({ ...stimulus, file: stimulus.file.replace('.', `-${version + 1}.`) });
    });
  }
  return { stimuli: all, embeddings: out };
}

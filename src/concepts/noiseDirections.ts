import {
  isMatrix,
  type Matrix,
  matrix,
  type RowSource,
  randomStream,
  rowOf,
  rowSource,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { meanRow, subtractRow } from './labelConcept.js';
import { poolRows, positiveInteger } from './rankImages.js';

/** Options of {@link noiseDirections}. */
export interface NoiseDirectionOptions extends WorkOptions {
  /** Default 500. The smallest p that a comparison with them can give is 1 / (nDirections + 1). */
  nDirections?: number;
  /** Rows of the embeddings to draw from; default all. */
  pool?: ArrayLike<number>;
  /** Master seed; default 0. */
  seed?: number;
}

/**
 * Directions that voxels without signal would give: the null of what a concept vector "is about".
 *
 *     d = Σᵢ gᵢ (eᵢ − ē),   gᵢ standard normal, over (at most 4,000 random) rows i of the pool
 *
 * This is the covariance of noise with the embeddings, so d has the covariance Σ_y of the embeddings: it points mostly
 * along their leading directions, and not evenly into all. Tuning vectors of noise are of this kind exactly; weights
 * and patterns of a decoder lean less that way, so that tests against these directions are conservative for them.
 * O(nDirections · nPool · nDims); the same seed gives the same bytes.
 *
 * @param embeddings nStimuli × nDims, finite
 * @returns nDirections × nDims, not normalised
 * @throws InputError for an empty pool or a row out of range
 */
export async function noiseDirections(
  embeddings: Matrix | RowSource,
  options: NoiseDirectionOptions = {},
): Promise<Matrix> {
  const nDirections = positiveInteger('nDirections', options.nDirections ?? 500);
  const rows = poolRows(options.pool, embeddings.shape[0]);
  const random = randomStream(options.seed ?? 0, 'directions');
  const used =
    rows.length > 4000 ? random.permutation(rows.length).slice(0, 4000).sort() : rows.map((_, i) => i);
  const source = isMatrix(embeddings) ? rowSource(embeddings) : embeddings;
  const nDims = embeddings.shape[1];
  const centred = matrix(used.length, nDims);
  for (const [i, at] of used.entries()) {
    centred.data.set(await source.readRows(rows[at]!, rows[at]! + 1), i * nDims);
  }
  subtractRow(centred, meanRow(centred));
  const directions = matrix(nDirections, nDims);
  for (let r = 0; r < nDirections; r++) {
    throwIfAborted(options.signal, 'drawing directions');
    const row = rowOf(directions, r);
    for (let i = 0; i < used.length; i++) {
      const weight = random.normal();
      for (let d = 0; d < nDims; d++) row[d]! += weight * centred.data[i * nDims + d]!;
    }
  }
  return directions;
}

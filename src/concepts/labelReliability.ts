import { checkSameDims, unitRows } from '../embed/cosineSimilarities.js';
import { cosineSimilarities } from '../embed/index.js';
import { InputError, type Matrix, matrix, rowOf, takeRows, type WorkOptions } from '../util/index.js';
import { type Auc, areaUnderCurve } from './auc.js';
import { meanRow, subtractRow } from './labelConcept.js';

export interface LabelReliabilityOptions extends WorkOptions {
  /** Rows of the embeddings to judge by, held out from decoder and clusters; default all. */
  pool?: ArrayLike<number>;
  /** Pictures that count as the concept's own: the highest of the pool; default 5 % of it, at least 1. */
  top?: number;
  /** Mean of the vocabulary's unit text embeddings (nDims), taken out of the label's; default none. */
  textMean?: Float32Array;
}

/**
 * How well a label stands for a concept: the word's text embedding, used as a zero-shot classifier of pictures,
 * against membership in the concept's most associated pictures.
 *
 * Pictures are scored by cos(e − ē, t − t̄), e their unit embedding, ē its mean over the pool, t the label's, t̄
 * `textMean`; the AUC tells how often a member outscores another picture. 0.5 is chance, and what an arbitrary word has
 * on average; compare with the AUC of other words (rows of `labels`).
 *
 * @param vector the concept's (nDims)
 * @param labels text embeddings of one or more words, nLabels × nDims
 * @param embeddings of the pictures, nStimuli × nDims
 * @returns one AUC a label, with its 95 % interval
 */
export async function labelReliability(
  vector: Float32Array,
  labels: Matrix,
  embeddings: Matrix,
  options: LabelReliabilityOptions = {},
): Promise<Auc[]> {
  checkSameDims(labels, embeddings);
  const images = centredPool(embeddings, options.pool);
  const n = images.shape[0];
  const top = options.top ?? Math.max(1, Math.round(0.05 * n));
  if (!(Number.isInteger(top) && top >= 1 && top < n)) throw new InputError('top', top, `in [1, ${n})`);
  const words = unitRows(labels, 'labels');
  const { textMean } = options;
  if (textMean) subtractRow(words, textMean);
  const own = await poolScores(vector, embeddings, options);
  const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
  const member = new Uint8Array(n);
  for (const i of order.slice(0, top)) member[i] = 1;
  const scores = await cosineSimilarities(words, images, { signal: options.signal });
  return Array.from({ length: words.shape[0] }, (_, w) => areaUnderCurve(rowOf(scores, w), member));
}

/**
 * How well a concept predicts annotated categories: for each, the AUC of the pictures' cosines with the concept vector,
 * members of the category against the others of the pool.
 *
 * @param categories name → non-zero for the stimuli that show it, by row of the embeddings; one that all or none of the
 *   pool's pictures show is left out
 */
export async function categoryScores(
  vector: Float32Array,
  embeddings: Matrix,
  categories: Readonly<Record<string, ArrayLike<number>>>,
  options: Pick<LabelReliabilityOptions, 'pool' | 'signal'> = {},
): Promise<(Auc & { category: string })[]> {
  const scores = await poolScores(vector, embeddings, options);
  const rows = Array.from(options.pool ?? scores.keys());
  const found: (Auc & { category: string })[] = [];
  for (const [category, shown] of Object.entries(categories)) {
    if (shown.length !== embeddings.shape[0]) {
      throw new InputError(
        `annotations of ${category}`,
        shown.length,
        `${embeddings.shape[0]}, one a stimulus`,
      );
    }
    const member = rows.map((row) => shown[row]!);
    if (member.some(Boolean) && !member.every(Boolean))
      found.push({ category, ...areaUnderCurve(scores, member) });
  }
  return found.sort((a, b) => b.auc - a.auc || (a.category < b.category ? -1 : 1));
}

/** Cosines of the pool's pictures with a vector, in the pool's order. */
async function poolScores(vector: Float32Array, embeddings: Matrix, options: LabelReliabilityOptions) {
  const pool = options.pool ? takeRows(embeddings, options.pool) : embeddings;
  return rowOf(
    await cosineSimilarities(matrix(1, vector.length, vector), pool, { signal: options.signal }),
    0,
  );
}

/** Unit embeddings of the pool less their mean. */
function centredPool(embeddings: Matrix, pool?: ArrayLike<number>): Matrix {
  const units = unitRows(pool ? takeRows(embeddings, pool) : embeddings, 'embeddings');
  return subtractRow(units, meanRow(units));
}

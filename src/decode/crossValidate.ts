import { type Betas, type Trials, trialColumn } from '../prepare/index.js';
import { isMatrix, type Matrix, matrix, takeRows } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { fitDecoder } from './fitDecoder.js';
import { fitRidge } from './fitRidge.js';
import { nearestMean } from './nearestMean.js';
import { predictEmbeddings } from './predictEmbeddings.js';
import { type Retrieval, type RetrievalOptions, retrievalAccuracy } from './retrievalAccuracy.js';
import type { DecoderOptions } from './types.js';

/** Options of {@link crossValidate}. */
export interface CrossValidateOptions {
  /** Trial column whose values are left out in turn: `run`. */
  by: string;
  /** Options of the contrastive decoder; its seed serves every fold. */
  decoder?: DecoderOptions;
  /** Ridge penalties to choose from, by generalised cross-validation within the training folds. */
  alphas?: readonly number[];
  /** Options of the scores on left-out trials. */
  retrieval?: RetrievalOptions;
}

/** Retrieval of each kind of decoder over the pooled predictions of all left-out folds. */
export interface CrossValidation {
  folds: (string | number)[];
  retrieval: Record<'contrastive' | 'ridge' | 'nearest-mean', Retrieval>;
}

/**
 * Cross-validated retrieval by leaving out every value of a trial column in turn: decoders are fitted on all other
 * trials and predict the left-out ones; predictions of all folds are pooled and scored once. The contrastive decoder,
 * the ridge baseline, and the nearest class mean in voxel space (which needs no embedding: it ranks stimuli by the
 * distance of the response to each stimulus' mean training response) see the same trials.
 *
 * Cost: one training of each kind a fold. The same seed gives the same result.
 *
 * @param data betas in memory, nTrials × nVoxels; splits are not looked at
 * @throws InputError if the column has fewer than two values, or a left-out stimulus is in no training fold
 */
export async function crossValidate(
  data: { betas: Betas; trials: Trials; embeddings: Matrix },
  { by, decoder = {}, alphas, retrieval }: CrossValidateOptions,
): Promise<CrossValidation> {
  const { betas, trials, embeddings } = data;
  if (!isMatrix(betas)) throw new InputError('betas', 'a row source', 'in memory for cross-validation');
  const column = Array.from(trialColumn(trials, by));
  const folds = [...new Set(column)];
  if (folds.length < 2)
    throw new InputError(`values of the trial column ${by}`, folds.length, 'at least 2, to leave one out');
  const nStimuli = embeddings.shape[0];
  const contrastive = matrix(trials.nTrials, embeddings.shape[1]);
  const ridge = matrix(trials.nTrials, embeddings.shape[1]);
  const distances = matrix(trials.nTrials, nStimuli);
  const put = (into: Matrix, rows: Int32Array, from: Matrix) =>
    rows.forEach((row, i) => {
      const width = from.shape[1];
      into.data.set(from.data.subarray(i * width, (i + 1) * width), row * width);
    });
  for (const [index, fold] of folds.entries()) {
    const all = Int32Array.from(column.keys());
    const test = all.filter((row) => column[row] === fold);
    const rows = all.filter((row) => column[row] !== fold);
    const training = { betas, stimulus: trials.stimulus, embeddings, rows };
    decoder.onProgress?.({ label: `leaving out ${by} ${fold}`, done: index, total: folds.length });
    const fitted = await fitDecoder(training, { ...decoder, onProgress: undefined });
    put(contrastive, test, await predictEmbeddings(fitted, betas, test));
    const baseline = await fitRidge(training, { alphas, signal: decoder.signal });
    put(ridge, test, await predictEmbeddings(baseline, betas, test));
    put(
      distances,
      test,
      nearestMean(
        takeRows(betas, rows),
        Array.from(rows, (row) => trials.stimulus[row]!),
        takeRows(betas, test),
        nStimuli,
      ),
    );
  }
  const score = (predictions: Matrix, targets: Matrix) =>
    retrievalAccuracy({ predictions, stimulus: trials.stimulus, embeddings: targets }, retrieval);
  return {
    folds,
    retrieval: {
      contrastive: await score(contrastive, embeddings),
      ridge: await score(ridge, embeddings),
      'nearest-mean': await score(distances, identity(nStimuli)),
    },
  };
}

function identity(n: number): Matrix {
  const out = matrix(n, n);
  for (let i = 0; i < n; i++) out.data[i * n + i] = 1;
  return out;
}

import { productKind } from '../engine/chooseEngine.js';
import { openMultiply } from '../engine/multiply.js';
import { matrix } from '../util/array.js';
import { EngineError, InputError, ResourceError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { gatherRows, sortedRows } from './batches.js';
import { checkReferences, inspectBetas } from './checkData.js';
import { predictEmbeddings } from './predictEmbeddings.js';
import { retrievalRanks } from './retrievalAccuracy.js';
import { factorRidge } from './ridgeBlocks.js';
import { decomposeRidge, largestDecomposition, quickDecomposition, type RidgeSolver } from './ridgeSolver.js';
import type { Decoder, TrainingData } from './types.js';

export interface RidgeOptions extends WorkOptions {
  /** Penalties to try, each above 0. Defaults to 0.1, 1, 10, … 100,000. */
  alphas?: readonly number[];
  /**
   * How the penalty is chosen: `top1`, the largest top-1 accuracy on `validationRows` (the default where there are
   * any; ties go to the larger penalty), or `gcv`, the lowest generalised cross-validation error on the training rows.
   */
  chooseBy?: 'top1' | 'gcv';
  /** Rows of the betas on which `top1` is measured; they never train. */
  validationRows?: ArrayLike<number>;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
}

/** One penalty and what it scored. */
export interface RidgePoint {
  alpha: number;
  /** Top-1 accuracy (larger is better) or the error of generalised cross-validation (smaller is better). */
  score: number;
}

export interface RidgeFit extends Decoder {
  readonly alpha: number;
  readonly chosenBy: 'top1' | 'gcv' | 'given';
  /** One entry a penalty, in ascending order; empty where only one was given. */
  readonly path: readonly RidgePoint[];
  readonly warnings: readonly string[];
}

/**
 * The baseline: ridge regression with intercept from betas to the embeddings as they are,
 *
 * min over W, b of ‖Y − X W − 1 b‖² + α ‖W‖², one α for all dimensions,
 *
 * solved for every α from one eigendecomposition: of the voxels' Gram matrix, or of the trials' (the kernel form) where
 * voxels outnumber trials. Equal to scikit-learn's `Ridge(alpha, fit_intercept=True)` to 1e-5. Where both numbers are
 * above 1,500, each α is solved by a blocked Cholesky factorisation in float32 instead (equal to about 1e-4, less the
 * smaller α), and α cannot be chosen by generalised cross-validation.
 *
 * **Cost**: N = min(nTrials, nVoxels): N² · max(nTrials, nVoxels) + 10 N³ operations in float64 and, for each α,
 * 2 · nVoxels · nDims · N; factored, N³ / 3 operations an α; memory a copy of the betas (in float64 below 1,500) and 24
 * (factored: 4) N² bytes. The same input gives the same bytes.
 *
 * @throws InputError as fitDecoder, and for an α that is not above 0; ResourceError for generalised cross-validation
 *   with more than 1,500 voxels and trials
 * @see Hoerl & Kennard, "Ridge regression", Technometrics 1970; Golub, Heath, Wahba, "Generalized
 *   cross-validation as a method for choosing a good ridge parameter", Technometrics 1979
 * @example
 * const ridge = await fitRidge({ betas, stimulus, embeddings, rows: trainRows }, { validationRows });
 * ridge.alpha; // 10000
 */
export async function fitRidge(data: TrainingData, options: RidgeOptions = {}): Promise<RidgeFit> {
  const { betas, embeddings, stimulus } = data;
  const rows = sortedRows(data.rows, betas.shape[0], 'rows');
  checkReferences(data, rows);
  const [nVoxels, nDims] = [betas.shape[1], embeddings.shape[1]];
  const alphas = checkedAlphas(options.alphas);
  const chooseBy = choiceOf(options, alphas);
  if (rows.length < 2) throw new InputError('the number of rows', rows.length, 'at least 2');
  const size = Math.min(rows.length, nVoxels);
  if (size > largestDecomposition && chooseBy === 'gcv') {
    const limit = `at most ${largestDecomposition} × ${largestDecomposition}`;
    const fix = 'give validation trials to choose alpha by, or one alpha';
    throw new ResourceError('generalised cross-validation', `${size} × ${size} eigenvectors`, limit, fix);
  }
  await inspectBetas(data, rows, options.signal);
  const y = matrix(rows.length, nDims);
  for (const [i, row] of rows.entries()) {
    const at = stimulus[row]! * nDims;
    y.data.set(embeddings.data.subarray(at, at + nDims), i * nDims);
  }
  // Eigenvectors serve every alpha at once but are slow to find; triangular factors must be found for each.
  const byFactors = size > largestDecomposition || (size > quickDecomposition && chooseBy !== 'gcv');
  try {
    return await fitWith(await openSolver(byFactors));
  } catch (error) {
    // Small penalties of nearly singular data are beyond float32 factors.
    if (!(error instanceof EngineError) || !byFactors || size > largestDecomposition) throw error;
    return fitWith(await openSolver(false));
  }

  async function fitWith(solver: RidgeSolver): Promise<RidgeFit> {
    const path: RidgePoint[] = [];
    for (const alpha of alphas) {
      throwIfAborted(options.signal, 'fitRidge');
      if (chooseBy === 'gcv') path.push({ alpha, score: solver.gcv!(alpha) });
      if (chooseBy === 'top1')
        path.push({ alpha, score: await top1(await solver.solve(alpha), data, options) });
      options.onProgress?.({ label: 'ridge', done: path.length, total: alphas.length });
      await nextTurn();
    }
    const better = (a: RidgePoint, b: RidgePoint) =>
      chooseBy === 'gcv' ? b.score <= a.score : b.score >= a.score;
    const alpha = path.length
      ? path.reduce((best, point) => (better(best, point) ? point : best)).alpha
      : alphas[0]!;
    const atEdge = path.length > 1 && (alpha === alphas[0] || alpha === alphas.at(-1));
    return {
      ...(await solver.solve(alpha)),
      alpha,
      chosenBy: chooseBy,
      path,
      warnings: atEdge ? [edgeWarning(alpha, alphas)] : [],
    };
  }

  async function openSolver(factors: boolean): Promise<RidgeSolver> {
    if (factors) {
      const multiply = await openMultiply(await productKind(options.engine));
      return factorRidge(data, rows, y, multiply, options.signal);
    }
    const x = matrix(rows.length, nVoxels);
    await gatherRows(betas, rows, x.data);
    return decomposeRidge(x, y, options);
  }
}

function checkedAlphas(alphas: readonly number[] = [0.1, 1, 10, 100, 1000, 10_000, 100_000]): number[] {
  if (alphas.length === 0) throw new InputError('alphas', alphas, 'at least one number');
  for (const alpha of alphas) {
    if (!(Number.isFinite(alpha) && alpha > 0))
      throw new InputError('alpha', alpha, 'a finite number above 0');
  }
  return [...new Set(alphas)].sort((a, b) => a - b);
}

function choiceOf(options: RidgeOptions, alphas: number[]): 'top1' | 'gcv' | 'given' {
  if (alphas.length === 1) return 'given';
  const chooseBy = options.chooseBy ?? (options.validationRows?.length ? 'top1' : 'gcv');
  if (chooseBy === 'top1' && !options.validationRows?.length) {
    throw new InputError('chooseBy', chooseBy, '"gcv" where there are no validation trials');
  }
  return chooseBy;
}

async function top1(decoder: Decoder, data: TrainingData, options: RidgeOptions): Promise<number> {
  const rows = sortedRows(options.validationRows, data.betas.shape[0], 'validationRows');
  checkReferences(data, rows);
  const predictions = await predictEmbeddings(decoder, data.betas, rows, options);
  const stimulus = Int32Array.from(rows, (row) => data.stimulus[row]!);
  const { ranks } = await retrievalRanks({ predictions, stimulus, embeddings: data.embeddings }, options);
  return ranks.filter((rank) => rank === 1).length / ranks.length;
}

function edgeWarning(alpha: number, alphas: number[]): string {
  const side = alpha === alphas[0] ? 'smaller' : 'larger';
  return `the best alpha, ${alpha}, is at the edge of the grid; try ${side} ones too (--alphas)`;
}

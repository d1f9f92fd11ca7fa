import { type Matrix, matrix } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';
import { groupTrials } from './groupTrials.js';
import type { Trials } from './types.js';

/** Which trials the mean and standard deviation come from. */
export type ScalingTrials = 'all' | 'train';

/** Options of {@link zscoreBetas}. */
export interface ZscoreOptions {
  /** Trial columns whose values together name a group; each group is scaled by itself. Defaults to `session`. */
  by?: string | readonly string[];
  /**
   * `all` (default) takes mean and sd over every trial of the group, as the paper's authors do: test trials then
   * take part in the scaling of the training trials. `train` takes them over the group's training trials only.
   */
  from?: ScalingTrials;
  /** `zscore` (default) centres and scales; `centre` takes the mean away and leaves the scale. */
  mode?: 'zscore' | 'centre';
}

/** What {@link zscoreBetas} adds to every standard deviation, as the paper's authors do. */
export const zscoreEpsilon = 1e-7;

/**
 * Scales each voxel within each group of trials:
 *
 *     z = (x − mean) / (sd + 1e-7),  sd = √(Σ (x − mean)² / n)   (population sd, ÷ n)
 *
 * in float64, stored as float32. A voxel that is constant over the trials that set the scale gives 0 in the whole
 * group: it holds no response, and dividing by 1e-7 would turn rounding error, or an unscaled test trial, into one.
 *
 * Cost: three passes over the data, one new matrix of the same size. The same input gives the same bytes.
 *
 * @param betas nTrials × nVoxels; not changed
 * @param trials rows as in `betas`
 * @returns a new nTrials × nVoxels matrix
 * @throws InputError if rows and trials disagree, or a group has fewer than 2 trials to scale from;
 *   FormatError for a value that is not finite, with its trial and voxel
 * @example const z = zscoreBetas(betas, trials, { by: ['session', 'run'] });
 */
export function zscoreBetas(betas: Matrix, trials: Trials, options: ZscoreOptions = {}): Matrix {
  const { by = 'session', from = 'all', mode = 'zscore' } = options;
  const [nTrials, nVoxels] = betas.shape;
  if (nTrials !== trials.nTrials)
    throw new InputError('rows of betas', nTrials, `${trials.nTrials}, the trials`);
  const out = matrix(nTrials, nVoxels);
  const groups = groupTrials(trials, by);
  groups.rows.forEach((rows, g) => {
    const scaling = from === 'all' ? rows : rows.filter((row) => trials.split[row] === 'train');
    if (scaling.length < 2) {
      throw new InputError(
        `${from === 'all' ? 'trials' : 'training trials'} of ${[by].flat().join('/')} ${groups.names[g]}`,
        scaling.length,
        'at least 2, to scale from',
        'group by a coarser column',
      );
    }
    const { mean, factor } = scaleOf(betas.data, nVoxels, scaling, mode === 'zscore');
    for (const row of rows) {
      const start = row * nVoxels;
      for (let v = 0; v < nVoxels; v++)
        out.data[start + v] = (betas.data[start + v]! - mean[v]!) * factor[v]!;
    }
  });
  return out;
}

/** Per voxel: the mean, and 1 / (sd + epsilon) (1 if `scale` is off; 0 for a constant voxel). */
export function scaleOf(
  data: Float32Array | Int16Array,
  nVoxels: number,
  rows: ArrayLike<number>,
  scale: boolean,
): { mean: Float64Array; factor: Float64Array } {
  const mean = new Float64Array(nVoxels);
  const factor = new Float64Array(nVoxels);
  const varies = new Uint8Array(nVoxels);
  const first = rows[0]! * nVoxels;
  for (let r = 0; r < rows.length; r++) {
    const start = rows[r]! * nVoxels;
    for (let v = 0; v < nVoxels; v++) {
      const value = data[start + v]!;
      if (value !== data[first + v]) varies[v] = 1;
      mean[v] = mean[v]! + value;
    }
  }
  for (let v = 0; v < nVoxels; v++) {
    const sum = mean[v]!;
    if (sum - sum !== 0) throw notFinite(data, nVoxels, rows, v);
    mean[v] = varies[v] ? sum / rows.length : data[first + v]!;
  }
  if (!scale) return { mean, factor: factor.fill(1) };
  for (let r = 0; r < rows.length; r++) {
    const start = rows[r]! * nVoxels;
    for (let v = 0; v < nVoxels; v++) {
      const deviation = data[start + v]! - mean[v]!;
      factor[v] = factor[v]! + deviation * deviation;
    }
  }
  for (let v = 0; v < nVoxels; v++) {
    factor[v] = varies[v] ? 1 / (Math.sqrt(factor[v]! / rows.length) + zscoreEpsilon) : 0;
  }
  return { mean, factor };
}

function notFinite(
  data: ArrayLike<number>,
  nVoxels: number,
  rows: ArrayLike<number>,
  voxel: number,
): FormatError {
  let row = 0;
  while (row < rows.length - 1 && Number.isFinite(data[rows[row]! * nVoxels + voxel]!)) row++;
  const value = data[rows[row]! * nVoxels + voxel];
  return new FormatError(
    'betas',
    `trial ${rows[row]}, voxel ${voxel} is ${value}`,
    'every beta must be finite',
  );
}

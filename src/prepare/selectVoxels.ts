import { InputError } from '../util/errors.js';

/** Options of {@link selectVoxels}. */
export interface SelectVoxelsOptions {
  /** Voxels must lie above this noise ceiling, strictly. Defaults to 8 (%), the paper's; `null` asks for none. */
  above?: number | null;
  /** Only voxels where this is neither 0, NaN nor false: an ROI or a brain mask, one value a voxel. */
  within?: ArrayLike<number | boolean>;
}

/**
 * The voxels that enter an analysis, ascending: noise ceiling strictly above the threshold, and inside the mask
 * where one is given. NaN is below any threshold. Nothing but its arguments decides, so a ceiling that comes from
 * training trials keeps the test trials out of the selection.
 *
 * @param percent noise ceiling of each voxel, 0–100 (see noiseCeiling)
 * @throws InputError if lengths disagree, the threshold is out of range, or no voxel is left
 * @example const voxels = selectVoxels(ceiling.percent, { above: 8 });
 */
export function selectVoxels(percent: ArrayLike<number>, options: SelectVoxelsOptions = {}): Int32Array {
  const { above = 8, within } = options;
  if (above !== null && !(above >= 0 && above < 100)) {
    throw new InputError('noise-ceiling threshold', above, 'in [0, 100) %, or null for none');
  }
  if (within && within.length !== percent.length) {
    throw new InputError('length of the mask', within.length, `${percent.length}, the voxels`);
  }
  const chosen: number[] = [];
  let highest = Number.NEGATIVE_INFINITY;
  for (let v = 0; v < percent.length; v++) {
    if (within && !within[v]) continue; // NaN too
    if (percent[v]! > highest) highest = percent[v]!;
    if (above === null || percent[v]! > above) chosen.push(v);
  }
  if (chosen.length === 0) {
    const inMask = within ? ' inside the mask' : '';
    throw new InputError(
      `voxels${inMask} above a noise ceiling of ${above} %`,
      0,
      'at least 1',
      highest > 0 ? `the highest ceiling there is ${highest.toFixed(1)} %` : 'no voxel there has any',
    );
  }
  return Int32Array.from(chosen);
}

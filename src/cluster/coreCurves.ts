import { type NdArray, ndarray } from '../util/array.js';
import { checkEps } from './checks.js';
import { countCores } from './coreSimilarity.js';
import type { Nearest } from './types.js';

/** Core voxels of all participants over eps, for several minParticipants: what `coreCounts` draws. */
export interface CoreCurves {
  readonly eps: readonly number[];
  readonly minParticipants: readonly number[];
  /** minParticipants × eps. */
  readonly core: NdArray<Int32Array>;
}

/**
 * How many voxels are core points at each eps for each minParticipants, all participants together. No further pass
 * over pairs: n log n each.
 *
 * @throws InputError for minParticipants < 1 or not below the number of participants, or eps outside (0, 2)
 * @example show(coreCounts(coreCurves(await nearestByParticipant(vectors), [0.05, 0.1, 0.2], [2, 3, 4]), { eps: 0.1 }))
 */
export function coreCurves(
  nearest: Nearest,
  eps: readonly number[],
  minParticipants: readonly number[],
): CoreCurves {
  for (const radius of eps) checkEps(radius);
  const core = new Int32Array(minParticipants.length * eps.length);
  const nParticipants = nearest.similarity.length;
  minParticipants.forEach((least, line) => {
    const { data } = countCores(nearest, least, eps);
    data.forEach((count, at) => {
      core[line * eps.length + Math.floor(at / nParticipants)]! += count;
    });
  });
  return { eps, minParticipants, core: ndarray(core, [minParticipants.length, eps.length]) };
}

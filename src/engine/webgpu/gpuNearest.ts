import type { WorkOptions } from '../../util/progress.js';
import type { NearestRows } from '../pairs.js';
import { cosine, type VectorPool } from '../vectorPool.js';
import { NearestPass } from './nearestPass.js';
import { openDevice } from './openGpu.js';
import { placesOf } from './vectorPlaces.js';

/**
 * `nearest` of a {@link PairEngine} on a GPU: each row's largest cosine to every other group.
 *
 * The device only proposes. A float32 sum of nDims products of unit vectors is off by at most
 * b = (nDims + 16) · 2⁻²³, whatever its rounding, so every pair that can be the largest lies within 2b of the largest
 * float32 cosine: a first pass finds that, a second lists all pairs within 2b of it, and those alone are decided here
 * in float64 (ties: the smallest row). The result is that of every other engine, bit for bit.
 *
 * Time about 4 n² nDims operations on the device; memory 4 nDims (n + padding) bytes there, n · nGroups · 4 here and
 * there beside the result.
 */
export async function gpuNearest(
  pool: VectorPool,
  options: WorkOptions & { capacity?: number } = {},
): Promise<NearestRows> {
  const nGroups = pool.starts.length - 1;
  const similarity = new Float64Array(pool.n * nGroups).fill(Number.NaN);
  const row = new Int32Array(pool.n * nGroups).fill(-1);
  const places = placesOf(pool);
  if (places.strips.length === 0) return { similarity, row };
  const pass = await NearestPass.open(await openDevice(), pool, places, options.capacity);
  try {
    await pass.run(options, (i, j) => {
      const at = i * nGroups + pool.group[j]!;
      const s = cosine(pool, i, j);
      if (row[at]! >= 0 && !(s > similarity[at]! || (s === similarity[at]! && j < row[at]!))) return;
      similarity[at] = s;
      row[at] = j;
    });
  } finally {
    pass.close();
  }
  return { similarity, row };
}

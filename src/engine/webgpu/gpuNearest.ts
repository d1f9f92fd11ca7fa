import type { WorkOptions } from '../../util/progress.js';
import { decidePairs } from '../decidePairs.js';
import type { NearestRows, PairEngine } from '../pairs.js';
import type { VectorPool } from '../vectorPool.js';
import { NearestPass } from './nearestPass.js';
import { openDevice } from './openGpu.js';
import { placesOf } from './vectorPlaces.js';

export interface GpuNearestOptions extends WorkOptions {
  /** Room for candidates, at least for those of one tile of rows; default a million. */
  capacity?: number;
  /** Decides pairs on other threads; by default the calling thread does. */
  decide?: PairEngine['decide'];
}

/**
 * `nearest` of a {@link PairEngine} on a GPU: each row's largest cosine to every other group.
 *
 * The device only proposes. Its float32 cosines are off by at most b = (64 + ⌈nDims / 64⌉ + 16) · 2⁻²³, whatever their
 * rounding, so every pair that can be the largest lies within 2b of the largest float32 cosine: a first pass finds that,
 * a second lists all pairs within 2b of it, and those alone are decided here in float64 (ties: the smallest row). The
 * result is that of every other engine, bit for bit.
 *
 * Time about 4 n² nDims operations on the device, and nDims for every pair listed, on the threads of `decide` while the
 * device goes on; memory 4 nDims (n + padding) bytes there, n · nGroups · 4 here and there beside the result.
 */
export async function gpuNearest(pool: VectorPool, options: GpuNearestOptions = {}): Promise<NearestRows> {
  const { decide = async (pairs) => decidePairs(pool, pairs) } = options;
  const size = pool.n * (pool.starts.length - 1);
  const similarity = new Float64Array(new SharedArrayBuffer(size * 8)).fill(Number.NaN);
  const row = new Int32Array(new SharedArrayBuffer(size * 4)).fill(-1);
  const best = { similarity, row };
  const places = placesOf(pool);
  if (places.strips.length === 0) return best;
  const pass = await NearestPass.open(await openDevice(), pool, places, options.capacity);
  try {
    await pass.run(options, (pairs) => decide({ pairs, best }));
  } finally {
    pass.close();
  }
  return best;
}

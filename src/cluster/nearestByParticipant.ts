import type { Forest, NearestRows, PairEngine } from '../engine/pairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import { type Matrix, ndarray } from '../util/array.js';
import { openPool } from './openPool.js';
import { withPairEngine } from './pairEngine.js';
import type { Nearest, PairOptions } from './types.js';

/**
 * Each voxel's largest cosine to every other participant: similarity[v, q] = max over voxels w of q of
 * cos(x_v, x_w), from one pass over all pairs of voxels of different participants.
 *
 * With it core status at any eps and any number of participants is a look-up (see {@link coreSimilarity}).
 * Values are float64 cosines of the float32 vectors, decided pair by pair, and do not depend on threads.
 *
 * @param vectors one nVoxels × nDims matrix a participant; all finite; a participant may be empty; a zero vector
 *   has no neighbours (NaN, −1)
 * @returns for each participant two nVoxels × nParticipants tables; the own column is NaN and −1
 * @throws InputError for values that are not finite or matrices of unequal width
 */
export async function nearestByParticipant(
  vectors: readonly Matrix[],
  options: PairOptions = {},
): Promise<Nearest> {
  const pool = openPool(vectors, options);
  return withPairEngine(pool, options, (engine) => nearestOf(pool, engine, options));
}

/** {@link nearestByParticipant} over a pool that is already there. */
export async function nearestOf(
  pool: VectorPool,
  engine: PairEngine,
  options: PairOptions,
): Promise<Nearest> {
  return splitRows(pool, await engine.nearest(pool, options));
}

function splitRows(pool: VectorPool, rows: NearestRows): Nearest {
  const nGroups = pool.starts.length - 1;
  const similarity = [];
  const voxel = [];
  for (let g = 0; g < nGroups; g++) {
    const [from, to] = [pool.starts[g]!, pool.starts[g + 1]!];
    const local = rows.row.slice(from * nGroups, to * nGroups);
    for (let at = 0; at < local.length; at++) if (local[at]! >= 0) local[at]! -= pool.starts[at % nGroups]!;
    voxel.push(ndarray(local, [to - from, nGroups]));
    similarity.push(ndarray(rows.similarity.slice(from * nGroups, to * nGroups), [to - from, nGroups]));
  }
  return { similarity, voxel };
}

/** Every voxel's nearest pairs as edges between pool rows: where clusters of any eps begin. */
export function seedsOf(pool: VectorPool, nearest: Nearest): Forest {
  const nGroups = nearest.voxel.length;
  const n = pool.n * nGroups;
  const seeds = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float64Array(n) };
  let e = 0;
  nearest.voxel.forEach(({ data }, g) => {
    const similarity = nearest.similarity[g]!.data;
    data.forEach((voxel, at) => {
      if (voxel < 0) return;
      seeds.from[e] = pool.starts[g]! + Math.floor(at / nGroups);
      seeds.to[e] = pool.starts[at % nGroups]! + voxel;
      seeds.weight[e++] = similarity[at]!;
    });
  });
  return {
    from: seeds.from.subarray(0, e),
    to: seeds.to.subarray(0, e),
    weight: seeds.weight.subarray(0, e),
  };
}

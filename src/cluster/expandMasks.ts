import { type PairEngine, similarityLimit } from '../engine/pairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import { type Matrix, type NdArray, ndarray } from '../util/array.js';
import { checkEps } from './checks.js';
import { openPool } from './openPool.js';
import { withPairEngine } from './pairEngine.js';
import type { PairOptions } from './types.js';

/** The paper's reach of a mask beyond its cluster: min(eps + 0.05, 0.65). */
export function defaultEpsExpansion(eps: number): number {
  return Math.min(eps + 0.05, 0.65);
}

/**
 * The masks that maps show: each cluster's labelled voxels and, in each participant that has one, every voxel
 * of that participant with cosine distance < epsExpansion to any of its own labelled voxels of the cluster.
 * One pass, not recursive; masks may overlap.
 *
 * @param vectors one nVoxels × nDims matrix a participant
 * @param labels cluster of each voxel, −1 for noise, one array a participant
 * @param epsExpansion in (0, 2)
 * @returns one nClusters × nVoxels array of 0 and 1 a participant
 */
export async function expandMasks(
  vectors: readonly Matrix[],
  labels: readonly Int32Array[],
  epsExpansion: number,
  options: PairOptions = {},
): Promise<NdArray<Uint8Array>[]> {
  const pool = openPool(vectors, options);
  const nClusters = 1 + labels.reduce((most, own) => own.reduce((a, b) => Math.max(a, b), most), -1);
  return withPairEngine(pool, options, (engine) =>
    expandOf(pool, labels, nClusters, epsExpansion, engine, options),
  );
}

/** {@link expandMasks} over a pool that is already there. */
export async function expandOf(
  pool: VectorPool,
  labels: readonly Int32Array[],
  nClusters: number,
  epsExpansion: number,
  engine: PairEngine,
  options: PairOptions,
): Promise<NdArray<Uint8Array>[]> {
  checkEps(epsExpansion, 'epsExpansion');
  const limit = similarityLimit(epsExpansion);
  const masks: NdArray<Uint8Array>[] = [];
  for (let p = 0; p < labels.length; p++) {
    const own = labels[p]!;
    const mask = new Uint8Array(nClusters * own.length);
    const members: number[][] = Array.from({ length: nClusters }, () => []);
    own.forEach((label, v) => {
      if (label < 0) return;
      members[label]!.push(pool.starts[p]! + v);
      mask[label * own.length + v] = 1;
    });
    for (const [cluster, inside] of members.entries()) {
      if (inside.length === 0) continue;
      const outside = Int32Array.from(own.keys())
        .filter((v) => own[v] !== cluster)
        .map((v) => pool.starts[p]! + v);
      const reached = await engine.attach(pool, outside, Int32Array.from(inside), limit, 'first', options);
      for (let r = 0; r < outside.length; r++) {
        if (reached[r]! >= 0) mask[cluster * own.length + outside[r]! - pool.starts[p]!] = 1;
      }
    }
    masks.push(ndarray(mask, [nClusters, own.length]));
  }
  return masks;
}

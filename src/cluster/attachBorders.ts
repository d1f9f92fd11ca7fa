import type { VectorPool } from '../engine/vectorPool.js';
import type { Nearest } from './types.js';

/**
 * Border points of clusters that have an eps each: a row of no cluster joins that of the nearest among its nearest
 * voxels of the other participants that are in a cluster within whose eps it lies (ties: the smallest row). Its own
 * participant's voxels do not draw it in, as they do not count towards density.
 *
 * @param clusterOf each core point's cluster, −1 for every other row
 * @param cutAt smallest cosine that is within a cluster's eps
 * @returns each row's cluster, −1 for noise
 */
export function attachBorders(
  pool: Pick<VectorPool, 'starts'>,
  nearest: Nearest,
  clusterOf: Int32Array,
  cutAt: ReadonlyMap<number, number>,
): Int32Array {
  const nParticipants = nearest.voxel.length;
  const joined = clusterOf.slice();
  nearest.similarity.forEach(({ data: similarity, shape }, p) => {
    const voxel = nearest.voxel[p]!.data;
    for (let v = 0; v < shape[0]!; v++) {
      const row = pool.starts[p]! + v;
      if (clusterOf[row]! >= 0) continue;
      let [most, least] = [Number.NEGATIVE_INFINITY, 0];
      for (let q = 0; q < nParticipants; q++) {
        const at = v * nParticipants + q;
        if (voxel[at]! < 0) continue;
        const other = pool.starts[q]! + voxel[at]!;
        const [cluster, s] = [clusterOf[other]!, similarity[at]!];
        if (cluster < 0 || s < cutAt.get(cluster)!) continue;
        if (s > most || (s === most && other < least)) {
          [most, least] = [s, other];
          joined[row] = cluster;
        }
      }
    }
  });
  return joined;
}

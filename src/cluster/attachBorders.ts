import type { VectorPool } from '../engine/vectorPool.js';
import type { Nearest } from './types.js';

/** Smallest cosines at which a row is of a cluster's border. */
export interface Reach {
  /** Within this, any of its nearest voxels of other participants draws the row in. */
  readonly cutAt: ReadonlyMap<number, number>;
  /** Further out, only the nearest of all does. */
  readonly reachAt: ReadonlyMap<number, number>;
}

/**
 * Border points of clusters that have an eps each: a row of no cluster joins that of the nearest among its nearest
 * voxels of the other participants that are in a cluster within whose eps it lies (ties: the smallest row). Where there
 * is none, it joins the cluster of its nearest voxel of any other participant, if that is within the cluster's reach:
 * a row that has nearer company elsewhere, in a concept too rare to be a cluster, say, stays out. Its own
 * participant's voxels do not draw it in, as they do not count towards density.
 *
 * @param clusterOf each core point's cluster, −1 for every other row
 * @returns each row's cluster, −1 for noise
 */
export function attachBorders(
  pool: Pick<VectorPool, 'starts'>,
  nearest: Nearest,
  clusterOf: Int32Array,
  { cutAt, reachAt }: Reach,
): Int32Array {
  const nParticipants = nearest.voxel.length;
  const joined = clusterOf.slice();
  nearest.similarity.forEach(({ data: similarity, shape }, p) => {
    const voxel = nearest.voxel[p]!.data;
    for (let v = 0; v < shape[0]!; v++) {
      const row = pool.starts[p]! + v;
      if (clusterOf[row]! >= 0) continue;
      let inside = nowhere;
      let beyond = nowhere;
      let largest = Number.NEGATIVE_INFINITY;
      for (let q = 0; q < nParticipants; q++) {
        const at = v * nParticipants + q;
        if (voxel[at]! < 0) continue;
        const other = pool.starts[q]! + voxel[at]!;
        const [cluster, s] = [clusterOf[other]!, similarity[at]!];
        largest = Math.max(largest, s);
        if (cluster < 0) continue;
        if (s >= cutAt.get(cluster)!) inside = nearer(inside, other, s);
        if (s >= reachAt.get(cluster)!) beyond = nearer(beyond, other, s);
      }
      if (inside.row >= 0) joined[row] = clusterOf[inside.row]!;
      else if (beyond.row >= 0 && beyond.s >= largest) joined[row] = clusterOf[beyond.row]!;
    }
  });
  return joined;
}

const nowhere = { row: -1, s: Number.NEGATIVE_INFINITY };

function nearer(best: typeof nowhere, row: number, s: number): typeof nowhere {
  return s > best.s || (s === best.s && row < best.row) ? { row, s } : best;
}

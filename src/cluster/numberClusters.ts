import { type NdArray, ndarray } from '../util/array.js';

interface Numbering {
  /** By size, largest first (ties: the smallest core point); otherwise by the smallest core point alone. */
  bySize: boolean;
  minSize: number;
  minClusterParticipants: number;
}

/**
 * Turns "smallest core point of the voxel's cluster" (−1 noise, over all participants' voxels in a row) into
 * cluster numbers by participant, leaving out clusters that are too small or in too few participants.
 */
export function numberClusters(smallestCore: Int32Array, sizes: readonly number[], numbering: Numbering) {
  const found = new Map<number, { size: number; participants: Set<number> }>();
  let row = 0;
  sizes.forEach((size, p) => {
    for (const end = row + size; row < end; row++) {
      const name = smallestCore[row]!;
      if (name < 0) continue;
      const cluster = found.get(name) ?? { size: 0, participants: new Set() };
      found.set(name, cluster);
      cluster.size++;
      cluster.participants.add(p);
    }
  });
  const names = [...found.keys()]
    .filter((name) => {
      const { size, participants } = found.get(name)!;
      return size >= numbering.minSize && participants.size >= numbering.minClusterParticipants;
    })
    .sort((a, b) => (numbering.bySize ? found.get(b)!.size - found.get(a)!.size : 0) || a - b);
  const number = new Map(names.map((name, cluster) => [name, cluster]));
  row = 0;
  const labels = sizes.map((size) => {
    const own = smallestCore.subarray(row, (row += size));
    return Int32Array.from(own, (name) => number.get(name) ?? -1);
  });
  return { labels, nClusters: names.length };
}

/** Labelled voxels by cluster and participant, nClusters × nParticipants. */
export function countByParticipant(labels: readonly Int32Array[], nClusters: number): NdArray<Int32Array> {
  const counts = new Int32Array(nClusters * labels.length);
  labels.forEach((own, p) => {
    own.forEach((cluster) => {
      if (cluster >= 0) counts[cluster * labels.length + p]!++;
    });
  });
  return ndarray(counts, [nClusters, labels.length]);
}

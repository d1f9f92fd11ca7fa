/**
 * The voxels of one cluster in one participant: ascending indices at which the label is this cluster.
 *
 * @example const voxels = clusterVoxels(clusters.labels[0], 3);
 */
export function clusterVoxels(labels: Int32Array, cluster: number): Int32Array {
  return Int32Array.from(labels.keys()).filter((voxel) => labels[voxel] === cluster);
}

import { type Matrix, matrix } from '../util/array.js';
import type { VoxelTable } from './types.js';

/** The given columns of betas, in the given order: nTrials × columns.length. */
export function takeColumns(betas: Matrix, columns: ArrayLike<number>): Matrix {
  const [nRows, nColumns] = betas.shape;
  const out = matrix(nRows, columns.length);
  for (let row = 0; row < nRows; row++) {
    for (let i = 0; i < columns.length; i++)
      out.data[row * columns.length + i] = betas.data[row * nColumns + columns[i]!]!;
  }
  return out;
}

/** The given voxels of a voxel table, in the given order: the rows that go with {@link takeColumns}. */
export function takeVoxels(voxels: VoxelTable, chosen: ArrayLike<number>): VoxelTable {
  const list = Array.from(chosen);
  const triples = <T extends Int32Array | Float32Array>(of: T | undefined, make: (values: number[]) => T) =>
    of && make(list.flatMap((v) => Array.from(of.subarray(3 * v, 3 * v + 3))));
  const each = <V>(record: Readonly<Record<string, V>>, take: (values: V) => V) =>
    Object.fromEntries(Object.entries(record).map(([name, values]) => [name, take(values)]));
  return {
    nVoxels: list.length,
    ijk: triples(voxels.ijk, (values) => Int32Array.from(values)),
    xyzMm: triples(voxels.xyzMm, (values) => Float32Array.from(values)),
    hemisphere: voxels.hemisphere && list.map((v) => voxels.hemisphere![v]!),
    vertex: voxels.vertex && Int32Array.from(list, (v) => voxels.vertex![v]!),
    rois: each(voxels.rois, (names) => list.map((v) => names[v]!)),
    values: each(voxels.values, (values) => Float32Array.from(list, (v) => values[v]!)),
  };
}

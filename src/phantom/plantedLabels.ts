import type { VoxelTable } from '../prepare/types.js';
import { InputError } from '../util/errors.js';
import type { Phantom } from './types.js';

/**
 * The planted label of each voxel of a table that holds some of a participant's voxels, such as those that
 * selection left: looked up by volume indices.
 *
 * @param participant index
 * @throws InputError if the table has no volume indices, or a voxel that the participant has not
 */
export function plantedLabels(
  phantom: Pick<Phantom, 'participants' | 'truth'>,
  participant: number,
  voxels: Pick<VoxelTable, 'nVoxels' | 'ijk'>,
): Int32Array {
  const { ijk } = voxels;
  if (!ijk) throw new InputError('voxels', 'without i j k', 'a table with volume indices');
  const own = phantom.participants[participant]!.voxels;
  const places = new Map(Array.from({ length: own.nVoxels }, (_, v) => [keyOf(own.ijk!, v), v]));
  return Int32Array.from({ length: voxels.nVoxels }, (_, v) => {
    const index = places.get(keyOf(ijk, v));
    if (index === undefined) throw new InputError(`voxel ${v}`, keyOf(ijk, v), 'one of the participant’s');
    return phantom.truth.labels[participant]![index]!;
  });
}

function keyOf(ijk: Int32Array, v: number): string {
  return `${ijk[3 * v]} ${ijk[3 * v + 1]} ${ijk[3 * v + 2]}`;
}

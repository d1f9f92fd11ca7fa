import type { VoxelTable } from '../prepare/index.js';
import { InputError, type NdArray } from '../util/index.js';
import type { Spheres } from './spatialNull.js';

/** Where the concepts of one participant lie. */
export interface ConceptVoxels {
  /** Name for the tables; default the participant's number from 0. */
  readonly participant?: string;
  readonly voxels: VoxelTable;
  /** Concept of each voxel, −1 for none. */
  readonly labels?: Int32Array;
  /** Or masks that may overlap, nConcepts × nVoxels: those of `expandMasks`. */
  readonly masks?: NdArray<Uint8Array>;
  /** Spheres on which `voxels.vertex` is counted: spatial nulls then spin on them instead of shifting the volume. */
  readonly spheres?: Spheres;
}

/** Voxels of each concept in one participant, ascending; throws InputError for sizes that do not fit. */
export function voxelsByConcept(own: ConceptVoxels, nConcepts: number): Int32Array[] {
  const { nVoxels } = own.voxels;
  const { labels, masks } = own;
  if (masks ? masks.shape[1] !== nVoxels : labels?.length !== nVoxels) {
    throw new InputError(
      'number of labelled voxels',
      masks?.shape[1] ?? labels?.length,
      `${nVoxels}, as in the table`,
    );
  }
  const all = Int32Array.from({ length: nVoxels }, (_, v) => v);
  return Array.from({ length: nConcepts }, (_, k) =>
    all.filter((v) => (masks ? k < masks.shape[0]! && masks.data[k * nVoxels + v] : labels![v] === k)),
  );
}

/** Number of concepts over all participants. */
export function countConcepts(participants: readonly ConceptVoxels[]): number {
  let n = 0;
  for (const { labels, masks } of participants) {
    if (masks) n = Math.max(n, masks.shape[0]!);
    else for (const label of labels ?? []) n = Math.max(n, label + 1);
  }
  return n;
}

export const nameOf = (own: ConceptVoxels, index: number): string => own.participant ?? String(index);

import type { VoxelTable } from '../prepare/index.js';
import type { Spheres } from './spatialNull.js';

/** Neighbours of each analysed voxel. */
export type Neighbours = readonly (readonly number[])[];

/**
 * Which analysed voxels touch: by a face, edge or corner in the volume where there are volume indices, else by a
 * shared vertex or an edge of the mesh. Undefined where there is neither.
 */
export function voxelNeighbours(voxels: VoxelTable, spheres?: Spheres): Neighbours | undefined {
  if (voxels.ijk) return volumeNeighbours(voxels.ijk);
  if (voxels.vertex && voxels.hemisphere && spheres) return meshNeighbours(voxels, spheres);
  return undefined;
}

function volumeNeighbours(ijk: Int32Array): Neighbours {
  const key = (i: number, j: number, k: number) => ((i + 1) * 65536 + (j + 1)) * 65536 + k + 1;
  const n = ijk.length / 3;
  const at = new Map<number, number>();
  for (let v = 0; v < n; v++) at.set(key(ijk[3 * v]!, ijk[3 * v + 1]!, ijk[3 * v + 2]!), v);
  return Array.from({ length: n }, (_, v) => {
    const found: number[] = [];
    for (let step = 0; step < 27; step++) {
      const [i, j, k] = [Math.floor(step / 9) - 1, (Math.floor(step / 3) % 3) - 1, (step % 3) - 1];
      const other = at.get(key(ijk[3 * v]! + i, ijk[3 * v + 1]! + j, ijk[3 * v + 2]! + k));
      if (other !== undefined && other !== v) found.push(other);
    }
    return found;
  });
}

function meshNeighbours(voxels: VoxelTable, spheres: Spheres): Neighbours {
  const found: Set<number>[] = Array.from({ length: voxels.nVoxels }, () => new Set());
  for (const side of ['left', 'right'] as const) {
    const onVertex = new Map<number, number[]>();
    voxels.hemisphere!.forEach((own, v) => {
      const vertex = voxels.vertex![v]!;
      if (own === side && vertex >= 0) onVertex.set(vertex, [...(onVertex.get(vertex) ?? []), v]);
    });
    const join = (a: number, b: number) => {
      for (const v of onVertex.get(a) ?? [])
        for (const w of onVertex.get(b) ?? []) if (v !== w) found[v]!.add(w);
    };
    for (const vertex of onVertex.keys()) join(vertex, vertex);
    const faces = spheres[side]?.faces ?? [];
    for (let f = 0; f < faces.length; f += 3) {
      for (let corner = 0; corner < 3; corner++) {
        join(faces[f + corner]!, faces[f + ((corner + 1) % 3)]!);
        join(faces[f + ((corner + 1) % 3)]!, faces[f + corner]!);
      }
    }
  }
  return found.map((set) => [...set]);
}

/** Sizes of the contiguous patches of a set of voxels, largest first. */
export function patchSizes(set: ArrayLike<number>, neighbours: Neighbours): number[] {
  const left = new Uint8Array(neighbours.length);
  for (let i = 0; i < set.length; i++) left[set[i]!] = 1;
  const sizes: number[] = [];
  for (let i = 0; i < set.length; i++) {
    if (!left[set[i]!]) continue;
    left[set[i]!] = 0;
    const open = [set[i]!];
    let size = 0;
    while (open.length) {
      size++;
      for (const other of neighbours[open.pop()!]!) {
        if (!left[other]) continue;
        left[other] = 0;
        open.push(other);
      }
    }
    sizes.push(size);
  }
  return sizes.sort((a, b) => b - a);
}

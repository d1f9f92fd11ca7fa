import type { Hemisphere, Surface } from '../../data/surface.js';
import type { VoxelTable } from '../../prepare/types.js';
import { InputError } from '../../util/errors.js';
import { hemispheres, type MapGeometry, type SurfaceMask, type SurfaceValues } from './geometry.js';

/** Voxels as areas of a surface: see {@link paintVoxels}. */
export interface PaintedVoxels {
  /** Vertices that belong to some voxel. */
  readonly analysed: SurfaceMask;
  /** Vertices of the voxels for which `inside` is not 0 (one value a voxel). */
  mask(inside: ArrayLike<number>): SurfaceMask;
  /** One value a voxel as one value a vertex, NaN where there is no voxel. */
  values(values: ArrayLike<number>): SurfaceValues;
}

/**
 * Gives each vertex of a surface to the voxel whose own vertex is nearest along the mesh's edges, up to `reach` edges
 * away (ties: the lower voxel), so that voxels larger than the mesh's triangles are drawn as areas. For maps only:
 * nothing is measured on what this paints.
 *
 * @param voxels with `hemisphere` and `vertex`; voxels without a vertex are left out
 * @param options `reach` in edges, default 2
 * @throws InputError for a table without vertices, or a vertex that is not on the surface
 * @example
 * const painted = paintVoxels(voxels, geometry);
 * conceptMap([{ name: 'sub-01', mask: painted.mask(inCluster) }], geometry, { analysed: painted.analysed });
 */
export function paintVoxels(
  voxels: VoxelTable,
  geometry: MapGeometry,
  options: { reach?: number } = {},
): PaintedVoxels {
  const owners = Object.fromEntries(
    hemispheres.flatMap((hemisphere) => {
      const surface =
        geometry[hemisphere]?.flat ?? geometry[hemisphere]?.sphere ?? geometry[hemisphere]?.pial;
      return surface ? [[hemisphere, ownersOf(voxels, hemisphere, surface, options.reach ?? 2)]] : [];
    }),
  ) as Partial<Record<Hemisphere, Int32Array>>;
  const paint = <T>(make: (owner: Int32Array) => T) =>
    Object.fromEntries(Object.entries(owners).map(([hemisphere, owner]) => [hemisphere, make(owner)]));
  return {
    analysed: paint((owner) => Uint8Array.from(owner, (voxel) => (voxel < 0 ? 0 : 1))),
    mask: (inside) =>
      paint((owner) => Uint8Array.from(owner, (voxel) => (voxel >= 0 && inside[voxel] ? 1 : 0))),
    values: (values) =>
      paint((owner) => Float32Array.from(owner, (voxel) => (voxel < 0 ? Number.NaN : values[voxel]!))),
  };
}

/** Voxel of each vertex, −1 for none: breadth first from the voxels' own vertices. */
function ownersOf(voxels: VoxelTable, side: Hemisphere, surface: Surface, reach: number): Int32Array {
  const { vertex, hemisphere } = voxels;
  if (!vertex || !hemisphere)
    throw new InputError('voxels', 'without vertices', 'columns hemisphere and vertex');
  const nVertices = surface.vertices.length / 3;
  const owner = new Int32Array(nVertices).fill(-1);
  let front: number[] = [];
  for (let voxel = 0; voxel < voxels.nVoxels; voxel++) {
    const at = vertex[voxel]!;
    if (hemisphere[voxel] !== side || at < 0) continue;
    if (at >= nVertices) throw new InputError(`vertex of voxel ${voxel}`, at, `below ${nVertices}`);
    if (owner[at] !== -1) continue;
    owner[at] = voxel;
    front.push(at);
  }
  const neighbours = neighbourLists(surface.faces, nVertices);
  for (let step = 0; step < reach; step++) {
    const next: number[] = [];
    for (const from of front) {
      for (const to of neighbours[from]!) {
        if (owner[to] !== -1) continue;
        owner[to] = owner[from]!;
        next.push(to);
      }
    }
    front = next;
  }
  return owner;
}

function neighbourLists(faces: Int32Array, nVertices: number): number[][] {
  const lists: number[][] = Array.from({ length: nVertices }, () => []);
  for (let i = 0; i < faces.length; i += 3) {
    const [a, b, c] = [faces[i]!, faces[i + 1]!, faces[i + 2]!];
    lists[a]!.push(b, c);
    lists[b]!.push(a, c);
    lists[c]!.push(a, b);
  }
  return lists;
}

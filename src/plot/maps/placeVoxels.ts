import type { Hemisphere, Surface } from '../../data/surface.js';
import type { VoxelTable } from '../../prepare/types.js';
import { InputError, MissingError } from '../../util/errors.js';
import { hemispheres, type MapGeometry, type SurfaceMask, type SurfaceValues } from './geometry.js';

/** A participant's voxels put on a surface. */
export interface PlacedVoxels {
  /** 1 where a vertex stands for at least one voxel. */
  readonly analysed: SurfaceMask;
  /** First voxel of each vertex, −1 where it stands for none. */
  readonly voxel: { readonly left?: Int32Array; readonly right?: Int32Array };
  /** A mask over voxels as one over vertices: 1 where any of the vertex's voxels is inside. */
  mask(inside: ArrayLike<number>): SurfaceMask;
  /** Values of voxels as values of vertices: the mean of the vertex's voxels without NaN; NaN where there are none. */
  values(values: ArrayLike<number>): SurfaceValues;
}

/**
 * Puts voxels on a surface by the vertex that the voxel table names. Voxels are coarser than vertices in places, so
 * a vertex without a voxel takes those of the nearest vertex that has some, up to `reach` edges away (ties: the
 * smaller vertex); farther away nothing was analysed. Nothing is averaged across that distance.
 *
 * @param voxels with `hemisphere` and `vertex`
 * @param options `reach`: edges, 2 by default; 0 takes the named vertices only
 * @throws MissingError if the table has no vertices, InputError for vertices that the surface lacks
 * @example
 * const placed = placeVoxels(voxels, geometry);
 * conceptMap([{ name: 'sub-01', mask: placed.mask(expanded) }], geometry)
 */
export function placeVoxels(
  voxels: VoxelTable,
  geometry: MapGeometry,
  options: { reach?: number } = {},
): PlacedVoxels {
  const { hemisphere, vertex, nVoxels } = voxels;
  if (!hemisphere || !vertex) {
    const fix = 'add the columns "hemisphere" and "vertex" to voxels.tsv, or draw slices instead';
    throw new MissingError('voxels', 'have no place on a surface', fix);
  }
  const sides = new Map<Hemisphere, Side>();
  for (const side of hemispheres) {
    const half = geometry[side];
    const surface = half?.pial ?? half?.inflated ?? half?.sphere ?? half?.flat;
    if (!surface) continue;
    const nVertices = surface.vertices.length / 3;
    const own: number[] = [];
    const first = new Int32Array(nVertices).fill(-1);
    for (let v = 0; v < nVoxels; v++) {
      if (hemisphere[v] !== side || vertex[v]! < 0) continue;
      if (vertex[v]! >= nVertices) {
        const fix = 'take the surface that the voxels were placed on';
        throw new InputError(`vertex of voxel ${v} (${side})`, vertex[v], `below ${nVertices}`, fix);
      }
      own.push(v);
      if (first[vertex[v]!]! < 0) first[vertex[v]!] = v;
    }
    sides.set(side, {
      voxels: Int32Array.from(own),
      first,
      host: nearestHosts(surface, first, options.reach ?? 2),
    });
  }
  const each = <T>(make: (side: Side) => T) =>
    Object.fromEntries([...sides].map(([side, data]) => [side, make(data)])) as { left?: T; right?: T };
  const check = (values: ArrayLike<number>) => {
    if (values.length !== nVoxels) throw new InputError('values', values.length, `one a voxel, ${nVoxels}`);
  };
  return {
    analysed: each(({ host }) => Uint8Array.from(host, (h) => (h >= 0 ? 1 : 0))),
    voxel: each(({ host, first }) => host.map((h) => (h >= 0 ? first[h]! : -1))),
    mask: (inside) => {
      check(inside);
      return each(({ voxels, host }) => {
        const own = new Uint8Array(host.length);
        for (const v of voxels) if (inside[v]) own[vertex[v]!] = 1;
        return Uint8Array.from(host, (h) => (h < 0 ? 0 : own[h]!));
      });
    },
    values: (values) => {
      check(values);
      return each(({ voxels, host }) => {
        const sums = new Float64Array(host.length);
        const counts = new Int32Array(host.length);
        for (const v of voxels) {
          if (Number.isNaN(values[v]!)) continue;
          sums[vertex[v]!]! += values[v]!;
          counts[vertex[v]!]!++;
        }
        return Float32Array.from(host, (h) => (h < 0 ? Number.NaN : sums[h]! / counts[h]!));
      });
    },
  };
}

/** Voxels of one hemisphere, in order; the first one of each vertex, and the vertex each vertex takes its voxels from. */
interface Side {
  readonly voxels: Int32Array;
  readonly first: Int32Array;
  readonly host: Int32Array;
}

/** For each vertex the nearest vertex with voxels within `reach` edges, −1 for none: breadth first from all of them. */
function nearestHosts({ faces }: Surface, first: Int32Array, reach: number): Int32Array {
  const host = first.map((voxel, v) => (voxel >= 0 ? v : -1));
  for (let step = 0; step < reach; step++) {
    const before = host.slice();
    for (let f = 0; f < faces.length; f += 3) {
      for (let corner = 0; corner < 3; corner++) {
        const to = faces[f + corner]!;
        if (before[to]! >= 0) continue;
        for (const from of [faces[f + ((corner + 1) % 3)]!, faces[f + ((corner + 2) % 3)]!]) {
          if (before[from]! >= 0 && (host[to]! < 0 || before[from]! < host[to]!)) host[to] = before[from]!;
        }
      }
    }
  }
  return host;
}

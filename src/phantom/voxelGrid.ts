import type { Affine } from '../data/affine.js';
import type { VoxelTable } from '../prepare/types.js';
import type { Cortex } from './cortex.js';

/** Voxels with anterior coordinate (on the unit sphere) up to this are in the scanner's field of view. */
const fieldOfView = 0.25;

/** The voxels of one participant's cortical ribbon, and the volume they lie in. */
export interface VoxelGrid {
  readonly voxels: VoxelTable;
  readonly volume: { readonly shape: readonly [number, number, number]; readonly affine: Affine };
  /** Unit-sphere position of each voxel's vertex, nVoxels × 3. */
  readonly onSphere: Float32Array;
  /** Index in the cortex's placed regions, −1 for none. */
  readonly region: Int32Array;
}

/**
 * Cuts the posterior ribbon of both hemispheres into voxels: triangles are sampled densely at the given depths,
 * a cell that a sample falls into is a voxel, and the vertex of the sample nearest to its centre is its vertex.
 * Voxels come in NIfTI order (first axis fastest).
 */
export function makeVoxelGrid(
  cortices: { readonly left: Cortex; readonly right: Cortex },
  voxelMm: number,
  depthsMm: readonly number[],
): VoxelGrid {
  const cells = new Map<
    string,
    { ijk: [number, number, number]; hemisphere: 'left' | 'right'; vertex: number; far: number }
  >();
  for (const hemisphere of ['left', 'right'] as const) {
    for (const { point, vertex } of samples(cortices[hemisphere], voxelMm / 2, depthsMm)) {
      const ijk = point.map((value) => Math.floor(value / voxelMm)) as [number, number, number];
      const far = ijk.reduce((sum, index, axis) => sum + (point[axis]! - (index + 0.5) * voxelMm) ** 2, 0);
      const key = ijk.join();
      const known = cells.get(key);
      if (!known || far < known.far) cells.set(key, { ijk, hemisphere, vertex, far });
    }
  }
  const list = [...cells.values()].sort(
    (a, b) => a.ijk[2] - b.ijk[2] || a.ijk[1] - b.ijk[1] || a.ijk[0] - b.ijk[0],
  );
  const nVoxels = list.length;
  // A margin of two cells around the ribbon, so that masks and maps have an outside.
  const lowest = [0, 1, 2].map(
    (axis) => list.reduce((least, { ijk }) => Math.min(least, ijk[axis]!), Infinity) - 2,
  );
  const shape = [0, 1, 2].map(
    (axis) => list.reduce((most, { ijk }) => Math.max(most, ijk[axis]!), -Infinity) - lowest[axis]! + 3,
  ) as [number, number, number];
  const ijk = Int32Array.from(list.flatMap((cell) => cell.ijk.map((index, axis) => index - lowest[axis]!)));
  const affine = new Array<number>(16).fill(0);
  for (let axis = 0; axis < 3; axis++) {
    affine[5 * axis] = voxelMm;
    affine[4 * axis + 3] = (lowest[axis]! + 0.5) * voxelMm;
  }
  affine[15] = 1;
  const xyzMm = Float32Array.from(ijk, (index, i) => voxelMm * index + affine[4 * (i % 3) + 3]!);
  const cortexOf = (v: number) => cortices[list[v]!.hemisphere];
  const names = (system: string) =>
    list.map(({ vertex }, v) => {
      const labels = cortexOf(v).regions[system]!;
      return labels.names.get(labels.keys[vertex]!) ?? '';
    });
  const flat = (axis: number) =>
    Float32Array.from(list, ({ vertex }, v) => cortexOf(v).flat.vertices[3 * vertex + axis]!);
  const visual = names('visual');
  const floc = names('floc');
  const region = Int32Array.from(list, (_, v) =>
    cortexOf(v).placed.findIndex(({ name }) => name === visual[v] || name === floc[v]),
  );
  const onSphere = new Float32Array(3 * nVoxels);
  list.forEach(({ vertex }, v) => {
    for (let axis = 0; axis < 3; axis++)
      onSphere[3 * v + axis] = cortexOf(v).sphere.vertices[3 * vertex + axis]! / 100;
  });
  return {
    voxels: {
      nVoxels,
      ijk,
      xyzMm,
      hemisphere: list.map((cell) => cell.hemisphere),
      vertex: Int32Array.from(list, (cell) => cell.vertex),
      rois: { visual, floc, streams: names('streams') },
      values: { flatX: flat(0), flatY: flat(1) },
    },
    volume: { shape, affine },
    onSphere,
    region,
  };
}

/** Points of the ribbon, at most `spacing` mm apart, with the nearest corner of their triangle. */
function* samples(cortex: Cortex, spacing: number, depthsMm: readonly number[]) {
  const { vertices, faces } = cortex.pial;
  const n = cortex.sphere.vertices;
  for (let f = 0; f < faces.length; f += 3) {
    const corners = [faces[f]!, faces[f + 1]!, faces[f + 2]!];
    if (!corners.every((v) => cortex.cortex[v] && n[3 * v + 1]! / 100 <= fieldOfView)) continue;
    const at = corners.map((v) => [vertices[3 * v]!, vertices[3 * v + 1]!, vertices[3 * v + 2]!]);
    const inward = inwardNormal(at);
    const longest = Math.max(...[0, 1, 2].map((c) => distance(at[c]!, at[(c + 1) % 3]!)));
    const steps = Math.max(1, Math.ceil(longest / spacing));
    for (let a = 0; a <= steps; a++) {
      for (let b = 0; a + b <= steps; b++) {
        const weights = [a, b, steps - a - b];
        const vertex = corners[weights.indexOf(Math.max(...weights))]!;
        for (const depth of depthsMm) {
          const point = [0, 1, 2].map(
            (axis) =>
              (weights[0]! * at[0]![axis]! + weights[1]! * at[1]![axis]! + weights[2]! * at[2]![axis]!) /
                steps +
              depth * inward[axis]!,
          );
          yield { point, vertex };
        }
      }
    }
  }
}

function inwardNormal([a, b, c]: number[][]): number[] {
  const [u, v] = [0, 1].map((k) => a!.map((value, axis) => (k ? c! : b!)[axis]! - value));
  const cross = [
    u![1]! * v![2]! - u![2]! * v![1]!,
    u![2]! * v![0]! - u![0]! * v![2]!,
    u![0]! * v![1]! - u![1]! * v![0]!,
  ];
  const length = Math.hypot(...cross) || 1;
  return cross.map((value) => -value / length);
}

function distance(a: number[], b: number[]): number {
  return Math.hypot(a[0]! - b[0]!, a[1]! - b[1]!, a[2]! - b[2]!);
}

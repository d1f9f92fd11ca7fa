import type { Spheres } from '../../src/concepts/index.js';
import type { VoxelTable } from '../../src/prepare/index.js';
import { type RandomStream, randomStream } from '../../src/util/index.js';

/** Points spread evenly over a sphere (a Fibonacci spiral), as a surface without faces. */
function spiral(n: number, radius: number) {
  const vertices = new Float32Array(3 * n);
  for (let i = 0; i < n; i++) {
    const z = 1 - (2 * i + 1) / n;
    const r = Math.sqrt(1 - z * z);
    const angle = i * Math.PI * (3 - Math.sqrt(5));
    vertices.set([radius * r * Math.cos(angle), radius * r * Math.sin(angle), radius * z], 3 * i);
  }
  return { vertices, faces: new Int32Array() };
}

const empty = { rois: {}, values: {} };

/** Two hemispheres whose analysed voxels are the vertices that `keep` says, given a unit position. */
export function sphericalBrain(nVertices: number, keep: (x: number, y: number, z: number) => boolean) {
  const spheres = { left: spiral(nVertices, 100), right: spiral(nVertices, 100) } satisfies Spheres;
  const [vertex, hemisphere, xyz]: [number[], ('left' | 'right')[], number[]] = [[], [], []];
  for (const side of ['left', 'right'] as const) {
    for (let v = 0; v < nVertices; v++) {
      const p = spheres[side].vertices.subarray(3 * v, 3 * v + 3);
      if (!keep((side === 'right' ? -p[0]! : p[0]!) / 100, p[1]! / 100, p[2]! / 100)) continue;
      vertex.push(v);
      hemisphere.push(side);
      xyz.push(p[0]! + (side === 'left' ? -120 : 120), p[1]!, p[2]!);
    }
  }
  const voxels: VoxelTable = {
    ...empty,
    ...{ nVoxels: vertex.length, vertex: Int32Array.from(vertex), hemisphere, xyzMm: Float32Array.from(xyz) },
  };
  return { voxels, spheres };
}

/** Voxels of a volume of 2 mm that `keep` says; the left half has i below the middle. */
export function volumeBrain(size: number, keep: (i: number, j: number, k: number) => boolean) {
  const ijk: number[] = [];
  for (let i = 0; i < size; i++)
    for (let j = 0; j < size; j++) for (let k = 0; k < size; k++) if (keep(i, j, k)) ijk.push(i, j, k);
  const nVoxels = ijk.length / 3;
  const hemisphere = Array.from(
    { length: nVoxels },
    (_, v) => (ijk[3 * v]! < size / 2 ? 'left' : 'right') as 'left' | 'right',
  );
  const voxels: VoxelTable = {
    ...empty,
    ...{
      nVoxels,
      hemisphere,
      ijk: Int32Array.from(ijk),
      xyzMm: Float32Array.from(ijk, (value) => 2 * value),
    },
  };
  return { voxels, spheres: undefined };
}

/** A smooth random value of each voxel: bumps of a width around random voxels of its own hemisphere. */
export function smoothField(
  { voxels }: { voxels: VoxelTable },
  width: number,
  random: RandomStream,
  nBumps = 40,
) {
  const bumps = Array.from(
    { length: nBumps },
    () => [random.integer(voxels.nVoxels), random.normal()] as const,
  );
  return Float64Array.from({ length: voxels.nVoxels }, (_, v) => {
    let sum = 0;
    for (const [centre, height] of bumps) {
      let squared = 0;
      for (let axis = 0; axis < 3; axis++)
        squared += (voxels.xyzMm![3 * v + axis]! - voxels.xyzMm![3 * centre + axis]!) ** 2;
      sum += height * Math.exp(-squared / (2 * width * width));
    }
    return sum;
  });
}

/** Labels 0 for the highest share of a field, −1 elsewhere. */
export function highest(field: Float64Array, share: number): Int32Array {
  const limit = Array.from(field).sort((a, b) => b - a)[Math.round(share * field.length)]!;
  return Int32Array.from(field, (value) => (value > limit ? 0 : -1));
}

/** Each voxel's region: the nearest of some random centres in its hemisphere (mirrored names), "" for some. */
export function parcels(
  { voxels }: { voxels: VoxelTable },
  nRegions: number,
  width: number,
  seed = 5,
): string[] {
  const random = randomStream(seed, 'parcels');
  const field = Array.from({ length: nRegions }, () => smoothField({ voxels }, width, random));
  return Array.from({ length: voxels.nVoxels }, (_, v) => {
    const best = field.reduce((most, own, r) => (own[v]! > field[most]![v]! ? r : most), 0);
    return best === 0 ? '' : `region ${best}`;
  });
}

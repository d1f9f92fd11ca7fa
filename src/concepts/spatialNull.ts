import type { Surface } from '../data/index.js';
import type { VoxelTable } from '../prepare/index.js';
import { InputError, MissingError, type RandomStream } from '../util/index.js';
import { indexPoints, medianSpacing, type PointIndex } from '../util/nearestPoint.js';

/** Spheres of the two hemispheres of a participant, on which its voxels' `vertex` is counted. */
export interface Spheres {
  readonly left?: Surface;
  readonly right?: Surface;
}

/** Where a set of voxels comes to lie when it is moved at random over the analysed voxels. */
export interface SpatialNull {
  readonly kind: 'spin' | 'shift';
  /**
   * One random placement: for each voxel of the set, the analysed voxel on which it lands, −1 where it lands on
   * none. Its shape is kept: a rotation of the sphere, or a shift of the volume.
   */
  place(set: ArrayLike<number>, random: RandomStream): Int32Array;
}

/**
 * Random placements of a set of voxels that keep its shape, and so its spatial autocorrelation: the null
 * hypothesis that where it lies has nothing to do with a map.
 *
 * One voxel of the set, drawn at random, is brought to an analysed voxel drawn at random; the others move along with it.
 * `spin`, where there are spheres: by the rotation of its hemisphere's sphere that does it, followed by a random turn about
 * that point; the other hemisphere by its mirror image (after Alexander-Bloch et al., NeuroImage 2018). `shift`, in a
 * volume: by the translation that does it. A moved voxel lands on the nearest analysed voxel within twice the voxels'
 * median spacing, else on none; placements on which less than half of the set lands are drawn again (up to 200 times,
 * then the fullest one found counts).
 *
 * On whole spheres tests built on it are exact to simulation error; where the analysed voxels are part of the cortex
 * or a volume, what falls off the edge makes them conservative (measured with smooth random sets: 1–3 % of p ≤ 0.05).
 *
 * @throws MissingError if positions are lacking; InputError for a voxel whose vertex is not on its sphere
 */
export function spatialNull(voxels: VoxelTable, spheres?: Spheres): SpatialNull {
  return spheres ? spinNull(voxels, spheres) : shiftNull(voxels);
}

const lowestShare = 0.5;
const mostDraws = 200;

function shiftNull(voxels: VoxelTable): SpatialNull {
  const positions = voxels.xyzMm ?? (voxels.ijk && Float32Array.from(voxels.ijk));
  if (!positions) {
    throw new MissingError(
      'positions of the voxels',
      'are not there',
      'give xyzMm, ijk, or vertices and spheres',
    );
  }
  const all = Int32Array.from({ length: voxels.nVoxels }, (_, v) => v);
  const index = indexPoints(positions, all, toleranceOf(positions));
  return {
    kind: 'shift',
    place: (set, random) =>
      bestOf(set, () => {
        const from = set[random.integer(set.length)]!;
        const to = random.integer(voxels.nVoxels);
        const by = [0, 1, 2].map((axis) => positions[3 * to + axis]! - positions[3 * from + axis]!);
        const [dx, dy, dz] = by as [number, number, number];
        return (v) =>
          index.nearest(positions[3 * v]! + dx, positions[3 * v + 1]! + dy, positions[3 * v + 2]! + dz);
      }),
  };
}

function spinNull(voxels: VoxelTable, spheres: Spheres): SpatialNull {
  const { nVoxels, vertex, hemisphere } = voxels;
  if (!vertex || !hemisphere) {
    throw new MissingError(
      'vertices and hemispheres of the voxels',
      'are not there',
      'leave out the spheres',
    );
  }
  const positions = new Float32Array(3 * nVoxels).fill(Number.NaN);
  const members = { left: [] as number[], right: [] as number[] };
  for (let v = 0; v < nVoxels; v++) {
    const side = hemisphere[v];
    const sphere = side ? spheres[side] : undefined;
    if (!side || !sphere || vertex[v]! < 0) continue;
    if (3 * vertex[v]! >= sphere.vertices.length) {
      throw new InputError(`vertex of voxel ${v}`, vertex[v], `below ${sphere.vertices.length / 3}`);
    }
    // The right sphere is mirrored, so that one rotation moves both hemispheres alike.
    const p = sphere.vertices.subarray(3 * vertex[v]!, 3 * vertex[v]! + 3);
    const length = Math.hypot(p[0]!, p[1]!, p[2]!);
    positions.set([(side === 'right' ? -p[0]! : p[0]!) / length, p[1]! / length, p[2]! / length], 3 * v);
    members[side].push(v);
  }
  const index: Partial<Record<'left' | 'right', PointIndex>> = {};
  for (const side of ['left', 'right'] as const) {
    if (!members[side].length) continue;
    const own = Float32Array.from(
      members[side].flatMap((v) => Array.from(positions.subarray(3 * v, 3 * v + 3))),
    );
    index[side] = indexPoints(positions, members[side], toleranceOf(own));
  }
  const isOn = (v: number) => positions[3 * v]! - positions[3 * v]! === 0;
  return {
    kind: 'spin',
    place(set, random) {
      const anchors = Array.from(set).filter(isOn);
      if (!anchors.length) return new Int32Array(set.length).fill(-1);
      return bestOf(set, () => {
        const from = anchors[random.integer(anchors.length)]!;
        const targets = members[hemisphere[from] as 'left' | 'right'];
        const to = targets[random.integer(targets.length)]!;
        const point = (v: number) => Array.from(positions.subarray(3 * v, 3 * v + 3));
        const turn = rotationTo(point(from), point(to), 2 * Math.PI * random.uniform());
        const [a, b, c, d, e, f, g, h, k] = turn as [
          number,
          number,
          number,
          number,
          number,
          number,
          ...number[],
        ];
        return (v) => {
          if (!isOn(v)) return -1;
          const x = positions[3 * v]!;
          const y = positions[3 * v + 1]!;
          const z = positions[3 * v + 2]!;
          const own = index[hemisphere[v] as 'left' | 'right']!;
          return own.nearest(a * x + b * y + c * z, d * x + e * y + f * z, g! * x + h! * y + k! * z);
        };
      });
    },
  };
}

/** Twice the spacing; any tolerance serves where all voxels lie in one place. */
function toleranceOf(positions: Float32Array): number {
  return 2 * medianSpacing(positions) || 1;
}

/**
 * Draws movements until at least half of the set lands. A movement on which fewer than a quarter of 32 of its voxels land
 * is not looked at further.
 */
function bestOf(set: ArrayLike<number>, draw: () => (voxel: number) => number): Int32Array {
  let best: Int32Array | undefined;
  let most = -1;
  const step = Math.max(1, Math.floor(set.length / 32));
  for (let i = 0; i < mostDraws; i++) {
    const move = draw();
    let [seen, landed] = [0, 0];
    for (let at = 0; at < set.length; at += step, seen++) if (move(set[at]!) >= 0) landed++;
    if (landed < seen / 4 && !(i === mostDraws - 1 && !best)) continue;
    const placed = Int32Array.from(set, move);
    landed = 0;
    for (const v of placed) if (v >= 0) landed++;
    if (landed > most) {
      most = landed;
      best = placed;
    }
    if (landed >= lowestShare * set.length) break;
  }
  return best!;
}

type Vector3 = readonly number[];

/** Rotation (3 × 3 by rows) that takes unit vector a to b and then turns by an angle about b. */
function rotationTo(a: Vector3, b: Vector3, angle: number): number[] {
  const first = about(normalised(add(a, b)) ?? anyNormal(a), Math.PI);
  return product(about(b, angle), first);
}

/** Rotation about a unit axis (Rodrigues). */
function about([x, y, z]: Vector3, angle: number): number[] {
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const t = 1 - c;
  return [
    ...[t * x! * x! + c, t * x! * y! - s * z!, t * x! * z! + s * y!],
    ...[t * x! * y! + s * z!, t * y! * y! + c, t * y! * z! - s * x!],
    ...[t * x! * z! - s * y!, t * y! * z! + s * x!, t * z! * z! + c],
  ];
}

function product(a: readonly number[], b: readonly number[]): number[] {
  return Array.from({ length: 9 }, (_, i) => {
    const [row, column] = [3 * Math.floor(i / 3), i % 3];
    return a[row]! * b[column]! + a[row + 1]! * b[column + 3]! + a[row + 2]! * b[column + 6]!;
  });
}

const add = (a: Vector3, b: Vector3) => a.map((value, axis) => value + b[axis]!);

function normalised(a: Vector3): number[] | undefined {
  const length = Math.hypot(...a);
  return length > 1e-6 ? a.map((value) => value / length) : undefined;
}

/** A unit vector at right angles to a. */
function anyNormal(a: Vector3): number[] {
  const [x, y, z] = a as [number, number, number];
  return normalised(Math.abs(x) < 0.9 ? [0, z, -y] : [-z, 0, x])!;
}

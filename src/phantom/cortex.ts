import type { Hemisphere, Surface, SurfaceLabels } from '../data/surface.js';
import type { RandomStream } from '../util/random.js';
import { icosphere } from './icosphere.js';
import { anglesOf, directionOf, regionRadius, regions, streamOf, streams } from './regions.js';
import type { PhantomHemisphere } from './types.js';

/** Angle from the lateral pole beyond which the sphere is medial wall, degrees. */
export const medialWallPolar = 152;

/** Radius, mm, of the sphere whose area the flat map keeps. */
const flatRadius = 50;

/** Where each region lies in one hemisphere of one participant. */
export interface PlacedRegion {
  readonly name: string;
  readonly system: 'visual' | 'floc';
  /** Unit vector (right, anterior, superior). */
  readonly centre: readonly [number, number, number];
  /** Angular radius, degrees. */
  readonly radius: number;
}

/** A hemisphere and what is known of it exactly. */
export interface Cortex extends PhantomHemisphere {
  readonly placed: readonly PlacedRegion[];
}

/**
 * A synthetic hemisphere. Every surface is a closed form of a point n of the unit sphere:
 * - sphere: 100 n;
 * - inflated: a half-ellipsoid, flattened towards the middle;
 * - pial: the inflated one, moved along its radius by folds (a sum of plane waves in n, part of it the same in
 *   all participants);
 * - flat: Lambert's azimuthal equal-area projection about the lateral pole, posterior towards the middle of the
 *   page (right for the left hemisphere), superior up.
 * Vertices correspond across participants, as after registration to a template.
 *
 * @param level splits of the icosahedron: 10 · 4^level + 2 vertices
 * @param common stream of what all participants share
 * @param own stream of this participant and hemisphere
 */
export function makeCortex(
  hemisphere: Hemisphere,
  level: number,
  common: RandomStream,
  own: RandomStream,
): Cortex {
  const unit = icosphere(level);
  const n = unit.vertices;
  const nVertices = n.length / 3;
  const fold = folds(common, own);
  const side = hemisphere === 'left' ? -1 : 1;
  const stretch = [0, 1, 2].map(() => 1 + 0.03 * own.normal());
  const [pial, inflated, sphere, flat] = [0, 1, 2, 3].map(() => new Float32Array(n.length)) as Float32Array[];
  const curvature = new Float32Array(nVertices);
  const cortex = new Uint8Array(nVertices);
  const angles = [...Array(nVertices).keys()].map((v) =>
    anglesOf(n[3 * v]!, n[3 * v + 1]!, n[3 * v + 2]!, hemisphere),
  );
  for (let v = 0; v < nVertices; v++) {
    const [x, y, z] = [n[3 * v]!, n[3 * v + 1]!, n[3 * v + 2]!];
    const lateral = side * x;
    const body = [
      side * ((lateral > 0 ? 42 : 22) * lateral + 25) * stretch[0]!,
      (70 * y - 15) * stretch[1]!,
      46 * z * stretch[2]!,
    ];
    const height = fold(x, y, z);
    // Folds fade out on the medial wall, where there is no cortex.
    const depth = 4.5 * height * Math.min(1, Math.max(0, (medialWallPolar + 8 - angles[v]!.polar) / 20));
    const outward = normalised([x / 42, y / 70, z / 46]);
    for (let axis = 0; axis < 3; axis++) {
      sphere![3 * v + axis] = 100 * n[3 * v + axis]!;
      inflated![3 * v + axis] = body[axis]!;
      pial![3 * v + axis] = body[axis]! + depth * outward[axis]!;
    }
    curvature[v] = -height;
    cortex[v] = angles[v]!.polar <= medialWallPolar ? 1 : 0;
    flat!.set(flatten(angles[v]!, hemisphere), 3 * v);
  }
  const placed = placeRegions(hemisphere, own);
  const onCortex = [...Array(unit.faces.length / 3).keys()].filter((face) =>
    [0, 1, 2].every((corner) => cortex[unit.faces[3 * face + corner]!]),
  );
  const flatFaces = Int32Array.from(
    onCortex.flatMap((face) => [...unit.faces.subarray(3 * face, 3 * face + 3)]),
  );
  const surface = (vertices: Float32Array, faces = unit.faces): Surface => ({ vertices, faces });
  return {
    pial: surface(pial!),
    inflated: surface(inflated!),
    sphere: surface(sphere!),
    flat: surface(flat!, flatFaces),
    curvature,
    cortex,
    regions: labelVertices(n, angles, cortex, placed),
    placed,
  };
}

/** The region that a unit vector lies in (the nearest, in radii), and how far from its centre, in radii. */
export function regionAt(
  placed: readonly PlacedRegion[],
  x: number,
  y: number,
  z: number,
): { index: number; distance: number } {
  let best = { index: -1, distance: 1 };
  placed.forEach(({ centre, radius }, index) => {
    const cosine = Math.max(-1, Math.min(1, centre[0] * x + centre[1] * y + centre[2] * z));
    const distance = (Math.acos(cosine) * 180) / Math.PI / radius;
    if (distance < best.distance) best = { index, distance };
  });
  return best;
}

/** Height of the cortical fold at a point of the sphere, about −1 … 1, positive on gyri. */
function folds(common: RandomStream, own: RandomStream): (x: number, y: number, z: number) => number {
  const waves = [common, common, common, common, common, common, own, own, own, own].map((stream) => {
    const direction = normalised([stream.normal(), stream.normal(), stream.normal()]);
    const frequency = 9 + 8 * stream.uniform();
    return { k: direction.map((value) => value * frequency), phase: 2 * Math.PI * stream.uniform() };
  });
  return (x, y, z) => {
    let sum = 0;
    for (const { k, phase } of waves) sum += Math.sin(k[0]! * x + k[1]! * y + k[2]! * z + phase);
    return Math.tanh(sum / 2);
  };
}

function flatten({ polar, azimuth }: { polar: number; azimuth: number }, hemisphere: Hemisphere): number[] {
  const theta = (Math.min(polar, medialWallPolar) * Math.PI) / 180;
  const phi = (azimuth * Math.PI) / 180;
  const radius = 2 * flatRadius * Math.sin(theta / 2);
  const anterior = radius * Math.cos(phi);
  return [hemisphere === 'left' ? -anterior : anterior, radius * Math.sin(phi), 0];
}

/** Regions at a participant's own places: centres jittered by about 1.5°, radii by 8 %. */
function placeRegions(hemisphere: Hemisphere, own: RandomStream): PlacedRegion[] {
  return regions.map(({ name, system, polar, azimuth }) => {
    const centre = directionOf(polar, azimuth, hemisphere);
    const jitter = 0.026;
    const moved = normalised(centre.map((value) => value + jitter * own.normal()));
    const radius = regionRadius * Math.max(0.8, Math.min(1.2, 1 + 0.08 * own.normal()));
    return { name, system, centre: moved as [number, number, number], radius };
  });
}

function labelVertices(
  n: Float32Array,
  angles: readonly { polar: number; azimuth: number }[],
  cortex: Uint8Array,
  placed: readonly PlacedRegion[],
): Record<string, SurfaceLabels> {
  const keys = { visual: new Int32Array(cortex.length), floc: new Int32Array(cortex.length) };
  const stream = new Int32Array(cortex.length);
  cortex.forEach((isCortex, v) => {
    if (!isCortex) return;
    const { index } = regionAt(placed, n[3 * v]!, n[3 * v + 1]!, n[3 * v + 2]!);
    if (index >= 0) keys[placed[index]!.system][v] = index + 1;
    stream[v] = streamOf(angles[v]!.polar, angles[v]!.azimuth) + 1;
  });
  const namesOf = (system: string) =>
    new Map(
      placed.flatMap((region, index) => (region.system === system ? [[index + 1, region.name]] : [])) as [
        number,
        string,
      ][],
    );
  return {
    visual: { keys: keys.visual, names: namesOf('visual') },
    floc: { keys: keys.floc, names: namesOf('floc') },
    streams: { keys: stream, names: new Map(streams.map((name, index) => [index + 1, name])) },
  };
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return vector.map((value) => value / length);
}

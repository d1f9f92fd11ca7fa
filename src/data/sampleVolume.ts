import { InputError } from '../util/errors.js';
import { type Affine, applyAffine, invertAffine } from './affine.js';
import type { Surface } from './surface.js';

/** How a value between voxel centres is made. `cubic` is cubic convolution (Keys 1981, a = −1/2). */
export type Interpolation = 'nearest' | 'linear' | 'cubic';

/**
 * Values of a volume at points between its voxels.
 *
 * A point outside the box of voxel centres gives NaN, and so does a point that is NaN. Voxels that are NaN (not
 * analysed) are left out and the others weigh the more; where they hold less than half of the weight the value is
 * NaN. `nearest` takes halves upwards. Labels and masks want `nearest`.
 *
 * @param values one value a voxel, first axis fastest
 * @param dims lengths of the three axes
 * @param points nPoints × 3 voxel coordinates, from 0 (see {@link applyAffine} and {@link invertAffine})
 */
export function sampleVolume(
  values: ArrayLike<number>,
  dims: readonly number[],
  points: ArrayLike<number>,
  method: Interpolation = 'linear',
): Float32Array {
  const [nx, ny, nz] = dims as [number, number, number];
  if (dims.length !== 3 || values.length !== nx * ny * nz) {
    throw new InputError('number of values', values.length, `${dims.join(' × ')}, as dims say`);
  }
  const weigh = kernels[method];
  if (!weigh) throw new InputError('method', method, 'nearest, linear or cubic');
  const nPoints = points.length / 3;
  const out = new Float32Array(nPoints).fill(Number.NaN);
  for (let p = 0; p < nPoints; p++) {
    const [x, y, z] = [points[3 * p]!, points[3 * p + 1]!, points[3 * p + 2]!];
    if (!(x >= 0 && x <= nx - 1 && y >= 0 && y <= ny - 1 && z >= 0 && z <= nz - 1)) continue;
    const [wx, wy, wz] = [weigh(x, nx), weigh(y, ny), weigh(z, nz)];
    let [sum, held] = [0, 0];
    for (const [k, a] of wz) {
      for (const [j, b] of wy) {
        for (const [i, c] of wx) {
          const value = values[i + nx * (j + ny * k)]!;
          if (Number.isNaN(value)) continue;
          sum += a * b * c * value;
          held += a * b * c;
        }
      }
    }
    if (held >= 0.5) out[p] = sum / held;
  }
  return out;
}

/** The voxels along one axis that make a value at `x`, each with its weight; weights sum to 1. */
type Kernel = (x: number, length: number) => (readonly [index: number, weight: number])[];

const kernels: Record<Interpolation, Kernel> = {
  nearest: (x) => [[Math.floor(x + 0.5), 1]],
  linear: (x, length) => {
    const low = Math.min(Math.floor(x), Math.max(0, length - 2));
    const part = x - low;
    return part === 0
      ? [[low, 1]]
      : [
          [low, 1 - part],
          [low + 1, part],
        ];
  },
  cubic: (x, length) => {
    const low = Math.min(Math.floor(x), Math.max(0, length - 2));
    const t = x - low;
    if (t === 0) return [[low, 1]];
    const weights = [
      ((2 - t) * t - 1) * t * 0.5,
      ((3 * t - 5) * t * t + 2) * 0.5,
      ((4 - 3 * t) * t + 1) * t * 0.5,
      (t - 1) * t * t * 0.5,
    ];
    // Beyond the edge the outermost voxel goes on.
    return weights.map(
      (weight, step) => [Math.min(length - 1, Math.max(0, low + step - 1)), weight] as const,
    );
  },
};

/** How the values at several depths of cortex become one. */
export type DepthRule = 'mean' | 'max';

/** Joins samples at several depths, vertex by vertex; NaN is left out, and is the result only where all are NaN. */
export function combineDepths(depths: readonly Float32Array[], rule: DepthRule = 'mean'): Float32Array {
  const n = depths[0]?.length ?? 0;
  if (depths.length === 0 || depths.some((depth) => depth.length !== n)) {
    throw new InputError(
      'depths',
      depths.map((depth) => depth.length),
      'one or more, of one length',
    );
  }
  return Float32Array.from({ length: n }, (_, vertex) => {
    const values = depths.map((depth) => depth[vertex]!).filter((value) => !Number.isNaN(value));
    if (values.length === 0) return Number.NaN;
    return rule === 'max'
      ? Math.max(...values)
      : values.reduce((sum, value) => sum + value, 0) / values.length;
  });
}

/** Options of {@link volumeToSurface}. */
export interface VolumeToSurfaceOptions {
  /** How values between voxels are made. */
  method?: Interpolation;
  /** How the depths are joined. Defaults to `mean`. */
  combine?: DepthRule;
  /** Where between the inner surface (0) and the outer one (1) to look. Defaults to 0.25, 0.5, 0.75. */
  depths?: readonly number[];
}

/**
 * Maps a volume onto a surface by coordinates: the volume's world space must be the surfaces'. With an outer surface
 * (pial beside white, the same vertices) it looks at several depths between the two, else at the vertices.
 *
 * @param volume values, first axis fastest, with lengths and affine
 * @returns one value a vertex, NaN where the surface leaves the volume
 * @example const map = volumeToSurface({ values, dims, affine }, await readSurface('lh.white.surf.gii'), pial);
 */
export function volumeToSurface(
  volume: { values: ArrayLike<number>; dims: readonly number[]; affine: Affine },
  inner: Surface,
  outer?: Surface,
  options: VolumeToSurfaceOptions = {},
): Float32Array {
  const { method = 'linear', combine = 'mean', depths = [0.25, 0.5, 0.75] } = options;
  if (outer && outer.vertices.length !== inner.vertices.length) {
    throw new InputError(
      'vertices of the outer surface',
      outer.vertices.length / 3,
      `${inner.vertices.length / 3}, as the inner`,
    );
  }
  const toVoxels = invertAffine(volume.affine);
  const at = (depth: number) =>
    outer
      ? inner.vertices.map((value, index) => value + depth * (outer.vertices[index]! - value))
      : inner.vertices;
  const samples = (outer ? depths : [0]).map((depth) =>
    sampleVolume(volume.values, volume.dims, applyAffine(toVoxels, at(depth)), method),
  );
  return combineDepths(samples, combine);
}

import { combineDepths, type DepthRule, type Interpolation, readMgh, sampleVolume } from '../data/index.js';
import type { Hemisphere } from '../data/surface.js';
import { FileError, FormatError, InputError } from '../util/errors.js';
import { indexPoints } from '../util/nearestPoint.js';
import type { NsdFiles } from './findNsd.js';

/** What NSD's transforms hold for a vertex that lies nowhere in the volume. */
const nowhere = 9999;

/** Options of {@link nsdToSurface}. */
export interface NsdToSurfaceOptions {
  /** Defaults to `cubic`, as NSD's own tools. */
  method?: Interpolation;
  /** Depths of cortex, as NSD names them. Defaults to `layerB1`, `layerB2`, `layerB3` (25, 50 and 75 %). */
  layers?: readonly string[];
  /** How the layers are joined. Defaults to `mean`. */
  combine?: DepthRule;
  /** Functional space of the volume. Defaults to `func1pt8`. */
  space?: string;
}

/**
 * Maps a volume of the participant's functional space onto its own surface, with NSD's transform files
 * (`transforms/lh.func1pt8-to-layerB1.mgz`: for each vertex a place in the volume, voxels counted from 1).
 *
 * @param values one value a voxel, first axis fastest; NaN for voxels that were not analysed
 * @returns one value a vertex of the participant's surface; NaN outside the volume
 * @throws FileError if a transform is not there, FormatError, InputError
 */
export async function nsdToSurface(
  files: NsdFiles,
  values: ArrayLike<number>,
  dims: readonly number[],
  hemisphere: Hemisphere,
  options: NsdToSurfaceOptions = {},
): Promise<Float32Array> {
  const {
    method = 'cubic',
    layers = ['layerB1', 'layerB2', 'layerB3'],
    combine = 'mean',
    space = 'func1pt8',
  } = options;
  const samples: Float32Array[] = [];
  for (const layer of layers) {
    const points = await vertexPlaces(files, `${space}-to-${layer}`, hemisphere);
    samples.push(sampleVolume(values, dims, points, method));
  }
  return combineDepths(samples, combine);
}

/**
 * Takes values of the participant's surface to fsaverage: each of its vertices has the value of the participant's
 * nearest one, as NSD's `white-to-fsaverage` says.
 */
export async function nsdToFsaverage(
  files: NsdFiles,
  values: Float32Array,
  hemisphere: Hemisphere,
): Promise<Float32Array> {
  const { path, data } = await transform(files, 'white-to-fsaverage', hemisphere);
  return Float32Array.from(data, (number) => {
    const vertex = number - 1;
    if (!Number.isInteger(vertex) || vertex < 0 || vertex >= values.length) {
      throw new FormatError(path, `names vertex ${number}; the participant has ${values.length}`);
    }
    return values[vertex]!;
  });
}

/**
 * The vertex of the participant's surface nearest to each voxel, and its hemisphere, by the places of the vertices of
 * the middle layer: −1 and "" for voxels with no vertex within 1.5 voxels.
 *
 * @param ijk nVoxels × 3, from 0
 */
export async function nsdVertices(
  files: NsdFiles,
  ijk: Int32Array,
  space = 'func1pt8',
): Promise<{ vertex: Int32Array; hemisphere: (Hemisphere | '')[] }> {
  const hemisphere = new Array<Hemisphere | ''>(ijk.length / 3).fill('');
  const vertex = new Int32Array(ijk.length / 3).fill(-1);
  const nearest = new Float64Array(ijk.length / 3).fill(Number.POSITIVE_INFINITY);
  for (const side of ['left', 'right'] as const) {
    const places = await vertexPlaces(files, `${space}-to-layerB2`, side);
    const there = Array.from({ length: places.length / 3 }, (_, v) => v).filter(
      (v) => !Number.isNaN(places[3 * v]!),
    );
    const index = indexPoints(places, there, 1.5);
    for (let voxel = 0; voxel < vertex.length; voxel++) {
      const [i, j, k] = [ijk[3 * voxel]!, ijk[3 * voxel + 1]!, ijk[3 * voxel + 2]!];
      const found = index.nearest(i, j, k);
      if (found < 0) continue;
      const distance = Math.hypot(
        places[3 * found]! - i,
        places[3 * found + 1]! - j,
        places[3 * found + 2]! - k,
      );
      if (distance >= nearest[voxel]!) continue;
      nearest[voxel] = distance;
      vertex[voxel] = found;
      hemisphere[voxel] = side;
    }
  }
  return { vertex, hemisphere };
}

/** Places of a surface's vertices in the volume: nVertices × 3 voxel coordinates from 0, NaN for nowhere. */
async function vertexPlaces(files: NsdFiles, name: string, hemisphere: Hemisphere): Promise<Float32Array> {
  const { path, data, nVertices } = await transform(files, name, hemisphere);
  if (data.length !== 3 * nVertices)
    throw new FormatError(path, `holds ${data.length / nVertices} values a vertex`, 'it must hold 3');
  // The file has all x, then all y, then all z.
  return Float32Array.from({ length: data.length }, (_, index) => {
    const value = data[(index % 3) * nVertices + Math.floor(index / 3)]!;
    return value === nowhere ? Number.NaN : value - 1;
  });
}

async function transform(files: NsdFiles, name: string, hemisphere: Hemisphere) {
  if (hemisphere !== 'left' && hemisphere !== 'right')
    throw new InputError('hemisphere', hemisphere, 'left or right');
  const file = `${hemisphere === 'left' ? 'lh' : 'rh'}.${name}.mgz`;
  const path = files.transforms.get(file);
  if (!path) {
    const fix = `fetch it: sdc fetch nsd --participants ${files.participant} --extra surfaces`;
    throw new FileError(`nsddata/ppdata/${files.participant}/transforms/${file}`, 'is missing', fix);
  }
  const { dims, data } = await readMgh(path);
  return { path, nVertices: dims[0]!, data: Array.from(data as Float32Array, Number) };
}

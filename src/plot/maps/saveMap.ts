import { writeNifti, writeSurfaceValues } from '../../data/index.js';
import { matrix } from '../../util/array.js';
import { InputError } from '../../util/errors.js';
import type { MapLayer } from './conceptMap.js';
import { hemispheres, type MapGeometry, vertexCounts } from './geometry.js';
import type { VolumeGrid, VolumeLayer } from './volumeSlices.js';

/**
 * Writes the masks of a map for other programs: voxels to NIfTI (`.nii`, `.nii.gz`; uint8, one volume a layer, in the
 * grid's own order), vertices to GIFTI (`.gii`; one map a layer with its name, 0 and 1; one file a hemisphere, with
 * `_hemi-L` and `_hemi-R` put before the extension). Layers that overlap are kept whole.
 *
 * @returns the files written
 * @throws InputError for another extension, no layer, voxels outside the grid, masks that do not fit the surface
 * @example await saveMap('food.nii.gz', [{ name: 'sub-01', ijk }], { shape, affine });
 */
export function saveMap(path: string, layers: readonly VolumeLayer[], grid: VolumeGrid): Promise<string[]>;
export function saveMap(path: string, layers: readonly MapLayer[], geometry: MapGeometry): Promise<string[]>;
export async function saveMap(
  path: string,
  layers: readonly VolumeLayer[] | readonly MapLayer[],
  place: VolumeGrid | MapGeometry,
): Promise<string[]> {
  if (layers.length === 0) throw new InputError('layers', 0, 'at least one');
  if ('shape' in place) return saveVolume(path, layers as readonly VolumeLayer[], place);
  return saveSurfaces(path, layers as readonly MapLayer[], place);
}

async function saveVolume(
  path: string,
  layers: readonly VolumeLayer[],
  { shape, affine }: VolumeGrid,
): Promise<string[]> {
  const [nI, nJ, nK] = shape;
  const nCells = nI * nJ * nK;
  const data = new Uint8Array(nCells * layers.length);
  layers.forEach(({ ijk, name }, layer) => {
    for (let v = 0; v < ijk.length; v += 3) {
      const [i, j, k] = [ijk[v]!, ijk[v + 1]!, ijk[v + 2]!];
      if (!(i >= 0 && i < nI && j >= 0 && j < nJ && k >= 0 && k < nK)) {
        throw new InputError(
          `voxel ${v / 3} of ${name}`,
          [i, j, k],
          `inside the grid of ${shape.join(' × ')}`,
        );
      }
      data[layer * nCells + i + nI * (j + nJ * k)] = 1;
    }
  });
  const dims = layers.length === 1 ? [...shape] : [...shape, layers.length];
  await writeNifti(path, data, { dims, affine: Array.from(affine) });
  return [path];
}

async function saveSurfaces(
  path: string,
  layers: readonly MapLayer[],
  geometry: MapGeometry,
): Promise<string[]> {
  const [, stem, extension] = /^(.*?)((?:\.(?:func|shape))?\.gii)$/.exec(path) ?? [];
  if (stem === undefined)
    throw new InputError('map file', path, 'named .gii for surfaces (or .nii.gz, with a grid)');
  const counts = vertexCounts(geometry);
  const written: string[] = [];
  for (const hemisphere of hemispheres) {
    const n = counts[hemisphere];
    if (n === 0) continue;
    const values = matrix(layers.length, n);
    layers.forEach(({ mask, name }, layer) => {
      const own = mask[hemisphere];
      if (own && own.length !== n) {
        throw new InputError(
          `mask of ${name}, ${hemisphere} hemisphere`,
          own.length,
          `${n}, the surface's vertices`,
        );
      }
      if (own) values.data.set(own, layer * n);
    });
    const file = `${stem}_hemi-${hemisphere === 'left' ? 'L' : 'R'}${extension}`;
    await writeSurfaceValues(file, values, { hemisphere, names: layers.map(({ name }) => name) });
    written.push(file);
  }
  return written;
}

import { writeNifti, writeSurfaceValues } from '../../data/index.js';
import { matrix } from '../../util/array.js';
import { InputError } from '../../util/errors.js';
import type { MapLayer } from './conceptMap.js';
import { hemispheres, type MapGeometry, type SurfaceValues, vertexCounts } from './geometry.js';
import type { VolumeGrid, VolumeLayer } from './volumeSlices.js';

/** Voxels of a volume, with one value a voxel where it is not a mask. */
export type SavedVoxels = VolumeLayer & { readonly values?: ArrayLike<number> };

/** A mask of vertices, or one value a vertex, NaN where nothing was measured. */
export type SavedVertices = MapLayer | { readonly name: string; readonly values: SurfaceValues };

/**
 * Writes a map for other programs: voxels to NIfTI (`.nii`, `.nii.gz`; one volume a layer, in the grid's own order),
 * vertices to GIFTI (`.gii`; one map a layer with its name; one file a hemisphere, with `_hemi-L` and `_hemi-R` put
 * before the extension). Masks are 0 and 1, and layers that overlap are kept whole; values are float32, NaN where
 * there is none. A NIfTI file is uint8 if all its layers are masks.
 *
 * @returns the files written
 * @throws InputError for another extension, no layer, voxels outside the grid, masks or values that do not fit
 * @example
 * await saveMap('food.nii.gz', [{ name: 'sub-01', ijk }], { shape, affine });
 * await saveMap('ceiling.func.gii', [{ name: 'noise ceiling', values: placed.values(percent) }], geometry);
 */
export function saveMap(path: string, layers: readonly SavedVoxels[], grid: VolumeGrid): Promise<string[]>;
export function saveMap(
  path: string,
  layers: readonly SavedVertices[],
  geometry: MapGeometry,
): Promise<string[]>;
export async function saveMap(
  path: string,
  layers: readonly SavedVoxels[] | readonly SavedVertices[],
  place: VolumeGrid | MapGeometry,
): Promise<string[]> {
  if (layers.length === 0) throw new InputError('layers', 0, 'at least one');
  if ('shape' in place) return saveVolume(path, layers as readonly SavedVoxels[], place);
  return saveSurfaces(path, layers as readonly SavedVertices[], place);
}

async function saveVolume(
  path: string,
  layers: readonly SavedVoxels[],
  { shape, affine }: VolumeGrid,
): Promise<string[]> {
  const [nI, nJ, nK] = shape;
  const nCells = nI * nJ * nK;
  const areMasks = layers.every(({ values }) => values === undefined);
  const data = areMasks ? new Uint8Array(nCells * layers.length) : new Float32Array(nCells * layers.length);
  layers.forEach(({ ijk, name, values }, layer) => {
    const nVoxels = ijk.length / 3;
    if (values && values.length !== nVoxels)
      throw new InputError(`values of ${name}`, values.length, `one a voxel, ${nVoxels}`);
    if (values) data.fill(Number.NaN, layer * nCells, (layer + 1) * nCells);
    for (let v = 0; v < nVoxels; v++) {
      const [i, j, k] = [ijk[3 * v]!, ijk[3 * v + 1]!, ijk[3 * v + 2]!];
      if (!(i >= 0 && i < nI && j >= 0 && j < nJ && k >= 0 && k < nK))
        throw new InputError(`voxel ${v} of ${name}`, [i, j, k], `inside the grid of ${shape.join(' × ')}`);
      data[layer * nCells + i + nI * (j + nJ * k)] = values ? values[v]! : 1;
    }
  });
  const dims = layers.length === 1 ? [...shape] : [...shape, layers.length];
  await writeNifti(path, data, { dims, affine: Array.from(affine) });
  return [path];
}

async function saveSurfaces(
  path: string,
  layers: readonly SavedVertices[],
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
    layers.forEach((saved, layer) => {
      const isMask = 'mask' in saved;
      const own = isMask ? saved.mask[hemisphere] : saved.values[hemisphere];
      if (own && own.length !== n) {
        const what = `${isMask ? 'mask' : 'values'} of ${saved.name}, ${hemisphere} hemisphere`;
        throw new InputError(what, own.length, `${n}, the surface's vertices`);
      }
      if (own) values.data.set(own, layer * n);
      else if (!isMask) values.data.fill(Number.NaN, layer * n, (layer + 1) * n);
    });
    const file = `${stem}_hemi-${hemisphere === 'left' ? 'L' : 'R'}${extension}`;
    await writeSurfaceValues(file, values, { hemisphere, names: layers.map(({ name }) => name) });
    written.push(file);
  }
  return written;
}

import { type Affine, readCtab, readNifti } from '../data/index.js';
import { FormatError } from '../util/errors.js';
import type { NsdFiles } from './findNsd.js';

/** A volume's values and place, checked to have the size asked for. */
export async function readVolume(
  path: string,
  dims: readonly number[],
): Promise<{ data: Float32Array; affine: Affine }> {
  const { header, data } = await readNifti(path);
  const [nx = 1, ny = 1, nz = 1, nt = 1] = header.dims;
  if (nx !== dims[0] || ny !== dims[1] || nz !== dims[2] || nt !== 1) {
    throw new FormatError(path, `is ${header.dims.join(' × ')}; the betas are ${dims.join(' × ')}`);
  }
  return { data: Float32Array.from(data as Float32Array, Number), affine: header.affine };
}

/** Whether a volume belongs to one hemisphere, by its name. */
const hemisphereOf = (name: string) =>
  name.startsWith('lh.') ? 'left' : name.startsWith('rh.') ? 'right' : undefined;

/**
 * The regions of chosen voxels in every ROI system found: name of the region from the system's colour table, its
 * number as `region 3` where there is none, "" for no region (0 and −1). Volumes of one hemisphere serve where
 * there is none of both, and say which hemisphere a voxel is in: they are −1 outside it.
 *
 * @returns one column a system, and the hemisphere of each voxel ("" where nothing tells)
 */
export async function nsdRegions(
  files: NsdFiles,
  voxels: Int32Array,
  dims: readonly number[],
): Promise<{ rois: Record<string, string[]>; hemisphere: ('left' | 'right' | '')[] }> {
  const rois: Record<string, string[]> = {};
  const hemisphere = new Array<'left' | 'right' | ''>(voxels.length).fill('');
  for (const [name, path] of files.rois) {
    const side = hemisphereOf(name);
    const system = name.replace(/^[lr]h\./, '');
    const isSpare = side !== undefined && files.rois.has(system);
    const { data } = await readVolume(path, dims);
    if (side && data.includes(-1)) {
      voxels.forEach((voxel, v) => {
        if (data[voxel]! >= 0) hemisphere[v] = side;
      });
    }
    if (isSpare) continue;
    const table = files.colourTables.get(system);
    const names = table ? (await readCtab(table)).names : undefined;
    const regions = (rois[system] ??= new Array<string>(voxels.length).fill(''));
    voxels.forEach((voxel, v) => {
      const key = data[voxel]!;
      if (key > 0) regions[v] = regionName(names?.get(key), system, key);
    });
  }
  return { rois, hemisphere };
}

/** HCP_MMP1 has areas named 1, 2 and 4: as `area 4` they stay names in a table. */
function regionName(name: string | undefined, system: string, key: number): string {
  if (name === undefined) return system === 'nsdgeneral' ? system : `region ${key}`;
  return /^\d+$/.test(name) ? `area ${name}` : name;
}

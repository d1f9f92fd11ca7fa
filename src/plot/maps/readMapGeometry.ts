import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readSurface, readSurfaceValues } from '../../data/index.js';
import type { Hemisphere } from '../../data/surface.js';
import { FileError } from '../../util/errors.js';
import type { MapGeometry, MapHemisphere } from './geometry.js';

const kinds = {
  flat: ['flat'],
  inflated: ['inflated', 'infl'],
  pial: ['pial'],
  sphere: ['sphere'],
  curvature: ['curv', 'curvature'],
} as const;

/**
 * Reads the surfaces of a folder: nilearn's fsaverage (`pial_left.gii.gz`), FreeSurfer's (`lh.pial`, `lh.curv`),
 * BIDS-like and GIFTI names (`hemi-L_pial.surf.gii`, `left.pial.gii`). Whatever is not there is left out.
 *
 * @throws FileError where the folder has no surface; FormatError for a file that cannot be read
 * @example const geometry = await readMapGeometry('fsaverage5');
 */
export async function readMapGeometry(folder: string): Promise<MapGeometry> {
  const files = await readdir(folder).catch((cause) => {
    throw new FileError(folder, 'cannot be read', 'give the folder that holds the surfaces', cause);
  });
  const half = async (hemisphere: Hemisphere): Promise<MapHemisphere | undefined> => {
    const find = (kind: keyof typeof kinds) => {
      const name = files.find((file) => fits(file, hemisphere, kinds[kind]));
      return name && join(folder, name);
    };
    const surface = async (kind: 'flat' | 'inflated' | 'pial' | 'sphere') => {
      const path = find(kind);
      return path ? { [kind]: await readSurface(path) } : {};
    };
    const curvature = find('curvature');
    const parts: MapHemisphere = {
      ...(await surface('flat')),
      ...(await surface('inflated')),
      ...(await surface('pial')),
      ...(await surface('sphere')),
      ...(curvature && { curvature: (await readSurfaceValues(curvature)).data }),
    };
    return Object.keys(parts).some((kind) => kind !== 'curvature') ? parts : undefined;
  };
  const [left, right] = [await half('left'), await half('right')];
  if (!left && !right) {
    throw new FileError(
      folder,
      'holds no surface',
      'expected names like pial_left.gii.gz, lh.pial or hemi-L_pial.surf.gii',
    );
  }
  return { ...(left && { left }), ...(right && { right }) };
}

/** Whether a file's name says this hemisphere and one of these kinds, as words of their own. */
function fits(file: string, hemisphere: Hemisphere, names: readonly string[]): boolean {
  const words = file.toLowerCase().split(/[._-]/);
  const sides = hemisphere === 'left' ? ['left', 'lh', 'l'] : ['right', 'rh', 'r'];
  return words.some((word) => sides.includes(word)) && words.some((word) => names.includes(word));
}

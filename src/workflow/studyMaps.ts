import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readSurfaceLabels, type SurfaceLabels } from '../data/index.js';
import {
  type MapGeometry,
  type MapHemisphere,
  mergeLabels,
  type PlacedVoxels,
  placeVoxels,
  readMapGeometry,
  type SurfaceMask,
} from '../plot/index.js';
import { readVoxels } from '../prepare/index.js';
import { type StudyConfig, studyPaths } from '../study/index.js';

type Input = (path: string) => string;

/** Surfaces of a study, with the regions its label files name, and every participant's voxels placed on them. */
export interface StudyMaps {
  geometry: MapGeometry;
  placed: PlacedVoxels[];
  /** 1 where any participant has voxels. */
  analysed: SurfaceMask;
}

/** Reads a study's `surfaces/` and voxel tables. */
export async function readStudyMaps(config: StudyConfig, input: Input): Promise<StudyMaps> {
  const folder = input(studyPaths.surfaces);
  const bare = await readMapGeometry(folder);
  const geometry: MapGeometry = {
    ...(bare.left ? { left: await withRegions(bare.left, folder, 'lh') } : {}),
    ...(bare.right ? { right: await withRegions(bare.right, folder, 'rh') } : {}),
  };
  const placed = await Promise.all(
    config.participants.map(async (name) =>
      placeVoxels(await readVoxels(input(studyPaths.voxels(name))), geometry),
    ),
  );
  const analysed = Object.fromEntries(
    (['left', 'right'] as const).map((side) => [side, union(placed.map((each) => each.analysed[side]))]),
  ) as SurfaceMask;
  return { geometry, placed, analysed };
}

async function withRegions(half: MapHemisphere, folder: string, side: 'lh' | 'rh'): Promise<MapHemisphere> {
  const systems = ['floc', 'visual']
    .map((system) => join(folder, `${side}.${system}.label.gii`))
    .filter((path) => existsSync(path));
  if (systems.length === 0) return half;
  const labels = await Promise.all(systems.map(readSurfaceLabels));
  return { ...half, rois: mergeLabels(labels.map(withoutUnknown)) };
}

/** FreeSurfer and others call the key of what has no label "???"; it is no region. */
function withoutUnknown(labels: SurfaceLabels): SurfaceLabels {
  return { ...labels, names: new Map([...labels.names].filter(([, name]) => name !== '???' && name !== '')) };
}

function union(masks: (Uint8Array | undefined)[]): Uint8Array | undefined {
  const known = masks.filter((mask) => mask !== undefined);
  if (known.length === 0) return undefined;
  return known[0]!.map((_, vertex) => (known.some((mask) => mask[vertex]) ? 1 : 0));
}

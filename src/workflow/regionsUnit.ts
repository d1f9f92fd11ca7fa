import { readClusters } from '../cluster/index.js';
import { type ConceptVoxels, conceptExtent, regionOverlap, type Spheres } from '../concepts/index.js';
import { readSurface } from '../data/index.js';
import { readVoxels } from '../prepare/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { clusterFiles } from './clusterFiles.js';
import { writeResult } from './resultTables.js';
import { type StudyFiles, spherePath } from './studyFiles.js';

/** Tables of where concepts lie. */
export const regionTables = [
  ...(['regions.tsv', 'regions-by-participant.tsv', 'laterality.tsv', 'extent.tsv'] as const),
];

/**
 * Where each concept lies, for studies that say where their voxels are: in which regions against chance, in which
 * hemisphere, in one patch or many, near or far, foveal or peripheral.
 */
export function regionsUnit(config: StudyConfig, cluster: ClusterConfig, files: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const { permutations } = config.concepts;
  const { seed } = config;
  return {
    id: `concepts/${clusterName(cluster)}/regions`,
    stage: 'concepts',
    inputs: [
      ...clusterFiles(config, cluster),
      ...config.participants.map(studyPaths.voxels),
      ...(files.spheres ? [studyPaths.surfaces] : []),
    ],
    outputs: regionTables.map((name) => `${folder}/${name}`),
    record: `${folder}/regions.json`,
    parameters: { permutations, seed },
    async run({ input, output, signal, onProgress }) {
      const { labels, nClusters } = await readClusters(input(folder));
      const spheres: Spheres | undefined = files.spheres
        ? {
            left: await readSurface(input(spherePath('lh'))),
            right: await readSurface(input(spherePath('rh'))),
          }
        : undefined;
      const located = await Promise.all(
        config.participants.map(
          async (participant, p): Promise<ConceptVoxels> => ({
            ...{ participant, voxels: await readVoxels(input(studyPaths.voxels(participant))) },
            ...{ labels: labels[p]!, ...(spheres && { spheres }) },
          }),
        ),
      );
      const options = { nPermutations: permutations, seed, signal, onProgress };
      const systems = sharedSystems(located);
      const overlap =
        nClusters && systems.length ? await regionOverlap(located, { ...options, systems }) : undefined;
      const hasEccentricity = located.every(({ voxels }) => eccentricityColumn in voxels.values);
      const extent = nClusters
        ? await conceptExtent(located, {
            ...options,
            ...(hasEccentricity ? { eccentricity: eccentricityColumn } : {}),
          })
        : undefined;
      const at = (name: string) => output(`${folder}/${name}`);
      await writeResult(at('regions.tsv'), 'regions.tsv', overlap?.pooled ?? []);
      await writeResult(
        at('regions-by-participant.tsv'),
        'regions-by-participant.tsv',
        overlap?.byParticipant ?? [],
      );
      await writeResult(at('laterality.tsv'), 'laterality.tsv', extent?.pooled ?? []);
      await writeResult(at('extent.tsv'), 'extent.tsv', extent?.byParticipant ?? []);
      return { systems, ...(overlap ? { nulls: overlap.nulls } : {}) };
    },
  };
}

/** Column of voxels.tsv with pRF eccentricities (degrees). */
const eccentricityColumn = 'eccentricity';

/** Region systems that every participant's table has. */
function sharedSystems(located: readonly ConceptVoxels[]): string[] {
  return Object.keys(located[0]!.voxels.rois).filter((system) =>
    located.every(({ voxels }) => system in voxels.rois),
  );
}

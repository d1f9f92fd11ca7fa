import type { Clusters } from '../cluster/index.js';
import { readClusters } from '../cluster/index.js';
import { readColumns } from '../data/index.js';
import {
  conceptMap,
  type ExplorerConcept,
  type Figure,
  type MapLayer,
  writeExplorer,
  writeReport,
} from '../plot/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { cardsFile } from './cardsUnit.js';
import { clusterFiles } from './clusterFiles.js';
import { rowsOf } from './rankedRows.js';
import { readCards } from './readCards.js';
import type { StudyFiles } from './studyFiles.js';
import { readStudyMaps, type StudyMaps } from './studyMaps.js';
import { readStudyPictures } from './studyPictures.js';
import type { UnitCosts } from './unitCosts.js';

/** Most concepts drawn of one clustering; the largest come first. */
export const mostConcepts = 20;

/** Maps: for each clustering a page of flat maps; for the first one, the explorer of the whole study. */
export function mapUnits(config: StudyConfig, files: StudyFiles, { report: cost }: UnitCosts): Unit[] {
  if (!files.surfaces) return [];
  return [...config.cluster.map((cluster) => mapsUnit(config, cluster)), explorerUnit(config, files)].map(
    (unit) => ({ ...unit, cost }),
  );
}

function mapInputs(config: StudyConfig, cluster: ClusterConfig): string[] {
  return [
    studyPaths.surfaces,
    ...config.participants.map(studyPaths.voxels),
    ...clusterFiles(config, cluster),
  ];
}

function mapsUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const name = clusterName(cluster);
  const file = `figures/${name}.html`;
  return {
    id: `maps/${name}`,
    stage: 'maps',
    inputs: mapInputs(config, cluster),
    outputs: [file],
    record: `figures/${name}.json`,
    parameters: { mostConcepts },
    async run({ input, output }) {
      const clusters = await readClusters(input(studyPaths.concepts(cluster)));
      const maps = await readStudyMaps(config, input);
      const shown = Math.min(clusters.nClusters, mostConcepts);
      const blocks = Array.from({ length: shown }, (_, c) => ({
        figure: clusterMap(config, clusters, maps, c),
      }));
      const lead = `${clusters.nClusters} clusters; expanded masks, one colour a participant, white where participants overlap.`;
      await writeReport(output(file), {
        title: `${config.name}: maps of ${name}`,
        lead,
        sections: [{ title: 'Maps', blocks: blocks.length ? blocks : ['No cluster was found.'] }],
      });
      return { nClusters: clusters.nClusters, shown };
    },
  };
}

/** Flat map of one cluster's expanded masks, one colour a participant. */
export function clusterMap(
  config: StudyConfig,
  clusters: Clusters,
  { placed, geometry, analysed }: StudyMaps,
  cluster: number,
  title = `Concept ${cluster}`,
): Figure {
  const layers = config.participants.map((name, p): MapLayer => {
    const inside = expandedMask(clusters, p, cluster);
    return { name, mask: placed[p]!.mask(inside), nVoxels: inside.reduce((sum, value) => sum + value, 0) };
  });
  return conceptMap(layers, geometry, { title, analysed });
}

function expandedMask({ expanded }: Clusters, participant: number, cluster: number): Uint8Array {
  const { data, shape } = expanded[participant]!;
  const nVoxels = shape[1]!;
  return data.subarray(cluster * nVoxels, (cluster + 1) * nVoxels);
}

function explorerUnit(config: StudyConfig, files: StudyFiles): Unit {
  const cluster = config.cluster[0]!;
  const folder = studyPaths.concepts(cluster);
  const imagesFile = `${folder}/images.tsv`;
  const measuredFile = `${folder}/measured-images.tsv`;
  return {
    id: 'maps/explorer',
    stage: 'maps',
    inputs: [
      ...mapInputs(config, cluster),
      ...[cardsFile(cluster), imagesFile, measuredFile],
      ...(files.pictures ? [studyPaths.stimuli, studyPaths.pictures] : []),
    ],
    outputs: ['explorer.html'],
    record: 'explorer.json',
    parameters: { mostConcepts },
    async run({ input, output }) {
      const clusters = await readClusters(input(folder));
      const cards = (await readCards(cluster, input)).slice(0, mostConcepts);
      const maps = await readStudyMaps(config, input);
      const images = await readColumns(input(imagesFile));
      const measured = await readColumns(input(measuredFile));
      const pictures = files.pictures ? await readStudyPictures(input) : undefined;
      const row = (heading: string, table: typeof images, c: number, side: string) => ({
        heading,
        pictures: rowsOf(table, c, side).map((at) => Number(table['stimulus']![at])),
      });
      const concepts = cards.map((card): ExplorerConcept => {
        const c = card.concept;
        const inside = config.participants.map((_, p) => expandedMask(clusters, p, c));
        return {
          card,
          masks: inside.map((mask, p) => (mask.includes(1) ? maps.placed[p]!.mask(mask) : undefined)),
          nVoxels: inside.map((mask) => mask.reduce((sum, value) => sum + value, 0)),
          ...(pictures && {
            pictures: [
              row('Most associated', images, c, 'most'),
              row('Least associated', images, c, 'least'),
              row('Highest measured response', measured, c, 'most'),
              row('Lowest measured response', measured, c, 'least'),
            ].filter((each) => each.pictures.length > 0),
          }),
        };
      });
      await writeExplorer(output('explorer.html'), {
        ...{ title: config.name, participants: config.participants, geometry: maps.geometry, concepts },
        masksAre: 'On the map and counted here: the expanded masks, clusters and what lies close to them.',
        analysed: maps.analysed,
        ...(pictures ? { pictures: pictures.bytes, pictureNames: pictures.names } : {}),
      });
      return { concepts: concepts.length };
    },
  };
}

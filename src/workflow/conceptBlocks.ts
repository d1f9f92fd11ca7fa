import { join } from 'node:path';
import { type Clusters, readClusters } from '../cluster/index.js';
import type { ConceptCard } from '../concepts/index.js';
import { type Column, readColumns, readNpy } from '../data/index.js';
import { cosineSimilarities } from '../embed/index.js';
import {
  type Block,
  clusterCounts,
  conceptCardHtml,
  conceptScores,
  imageGallery,
  regionHeatmap,
  similarityMatrix,
} from '../plot/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths } from '../study/index.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { cardOverview } from './cardOverview.js';
import { dissociationBlocks } from './dissociationBlocks.js';
import { epsBlocks } from './epsBlocks.js';
import { clusterMap } from './mapUnits.js';
import { rowsOfColumns } from './rankedRows.js';
import { cardNames, readCards } from './readCards.js';
import { nullDraws } from './significanceUnit.js';
import type { StudyFiles } from './studyFiles.js';
import { readStudyMaps, type StudyMaps } from './studyMaps.js';
import { readStudyPictures, type StudyPictures } from './studyPictures.js';

type Input = (path: string) => string;
type Columns = Record<string, Column>;

/** With this many stimuli or fewer, each is a column of its own. */
const mostColumns = 30;
/** Concepts shown one by one; the rest stands in the tables. */
const mostShown = 15;

/** What every clustering of a report shows its concepts with, read once. */
export interface ConceptBackground {
  pictures?: StudyPictures;
  maps?: StudyMaps;
}

/** Reads a study's pictures and surfaces, where it has them. */
export async function readBackground(
  config: StudyConfig,
  files: StudyFiles,
  input: Input,
): Promise<ConceptBackground> {
  return {
    ...(files.pictures ? { pictures: await readStudyPictures(input) } : {}),
    ...(files.surfaces ? { maps: await readStudyMaps(config, input) } : {}),
  };
}

/**
 * The report's account of one clustering: an overview with its numbers, why this eps, other methods, regions, pairs
 * told apart, and a card a concept. The first clustering's cards lie open, with maps; the others' are folded away.
 */
export async function conceptBlocks(
  config: StudyConfig,
  cluster: ClusterConfig,
  files: StudyFiles,
  background: ConceptBackground,
  input: Input,
): Promise<Block[]> {
  const folder = studyPaths.concepts(cluster);
  const clusters = await readClusters(input(folder));
  const cards = await readCards(cluster, input);
  const name = clusterName(cluster);
  const found = `\`${name}\`: ${clusters.nClusters} ${clusters.nClusters === 1 ? 'cluster' : 'clusters'}.`;
  const eps = await epsBlocks(cluster, cards, input);
  if (clusters.nClusters === 0) return [found, ...eps];
  const names = cardNames(cards);
  const images = await readColumns(input(join(folder, 'images.tsv')));
  const shown = await cardBlocks(config, cluster, clusters, cards, background, images, input);
  const isFirst = cluster === config.cluster[0];
  return [
    found,
    { table: cardOverview(cards), caption: 'Concepts, largest first', maxRows: 30 },
    ...(nullDraws(config, cluster) ? [await nullNote(cluster, input)] : []),
    { figure: clusterCounts(clusters, { participants: config.participants, names }) },
    ...(await likeness(clusters, toMatrix(await readNpy(input(studyPaths.embeddings))), images, names)),
    ...eps,
    ...(config.comparisons ? await comparisonBlocks(cluster, input) : []),
    ...(files.places ? await regionBlocks(cluster, names, input) : []),
    ...(config.concepts.pairs ? await dissociationBlocks(cluster, cards, background.pictures, input) : []),
    ...(isFirst
      ? [{ heading: 'Concept by concept' }, ...shown]
      : [{ details: 'Concept by concept', blocks: shown }]),
  ];
}

async function likeness(
  { vectors, nClusters }: Clusters,
  embeddings: Matrix,
  images: Columns,
  names: readonly string[],
): Promise<Block[]> {
  if (embeddings.shape[0] <= mostColumns) {
    const scores = await cosineSimilarities(vectors, embeddings);
    return [
      {
        figure: conceptScores(scores, {
          concepts: names,
          stimuli: stimulusNames(images, embeddings.shape[0]),
        }),
      },
    ];
  }
  if (nClusters < 2 || nClusters > 200) return [];
  return [{ figure: similarityMatrix(await cosineSimilarities(vectors, vectors), { names }) }];
}

async function nullNote(cluster: ClusterConfig, input: Input): Promise<Block> {
  const nulls = rowsOfColumns(await readColumns(input(`${studyPaths.concepts(cluster)}/null.tsv`)));
  const sizes = nulls.filter((row) => row['of'] === 'clusters').map((row) => Number(row['size']));
  return `p: in how many of ${sizes.length} studies with permuted stimulus labels any cluster was as large (at best 1 in ${sizes.length + 1}). The largest cluster in any of them had ${Math.max(...sizes)} voxels.`;
}

async function comparisonBlocks(cluster: ClusterConfig, input: Input): Promise<Block[]> {
  const table = await readColumns(input(`${studyPaths.concepts(cluster)}/comparisons.tsv`));
  return [
    { heading: 'Other methods' },
    {
      table,
      caption: 'The same voxels clustered otherwise; ari, ami, matched and cosine against the first row',
    },
  ];
}

async function regionBlocks(
  cluster: ClusterConfig,
  names: readonly string[],
  input: Input,
): Promise<Block[]> {
  const regions = await readColumns(input(`${studyPaths.concepts(cluster)}/regions.tsv`));
  if (regions['concept']!.length === 0) return [];
  const holds = rowsOfColumns(regions).filter((row) => Number(row['pCorrected']) < 0.05);
  const title = 'Share of each concept’s voxels by region';
  return [
    { heading: 'Where the concepts lie' },
    { figure: regionHeatmap(regions, { names, title }) },
    `${holds.length} of ${regions['concept']!.length} shares are above what random placements of the same shape give (p < 0.05, corrected within each system of regions).`,
  ];
}

async function cardBlocks(
  config: StudyConfig,
  cluster: ClusterConfig,
  clusters: Clusters,
  cards: readonly ConceptCard[],
  { pictures, maps }: ConceptBackground,
  images: Columns,
  input: Input,
): Promise<Block[]> {
  const isFirst = cluster === config.cluster[0];
  const measured = pictures && isFirst ? await measuredRanking(cluster, input) : undefined;
  const blocks: Block[] = [];
  for (const card of cards.slice(0, mostShown)) {
    const vector = card.concept;
    const options = { vector, nameOf: (stimulus: number) => pictures!.names[stimulus]! };
    const pictureOf = (stimulus: number) => pictures!.bytes[stimulus];
    const gallery = pictures && {
      pictures: [
        ...imageGallery(images, pictureOf, { ...options, top: isFirst ? 12 : 8 }).pictures,
        ...(measured
          ? imageGallery(measured, pictureOf, { ...options, top: 12, headings: measuredHeadings }).pictures
          : []),
      ],
    };
    blocks.push({ html: conceptCardHtml({ ...card, ...(gallery && { gallery }) }) });
    if (maps && isFirst) {
      const title = `Concept ${vector} on the flat cortex`;
      blocks.push({ figure: clusterMap(config, clusters, maps, vector, title) });
    }
  }
  if (!pictures)
    blocks.push({ table: imageTable(images), caption: 'Most and least associated stimuli', maxRows: 60 });
  if (cards.length > mostShown)
    blocks.push(`The other ${cards.length - mostShown} stand in \`cards.json\` and \`images.tsv\`.`);
  return blocks;
}

const measuredHeadings = {
  most: 'Highest measured response of its voxels, on held-out trials',
  least: 'Lowest measured response',
};

/** The measured ranking in the columns of a ranking by cosine; undefined where responses were not measured. */
async function measuredRanking(cluster: ClusterConfig, input: Input) {
  const path = input(`${studyPaths.concepts(cluster)}/measured-images.tsv`);
  const rows = rowsOfColumns(await readColumns(path));
  return rows.length
    ? rows.map(({ concept, side, stimulus, response }) => ({
        vector: concept,
        side,
        stimulus,
        score: response,
      }))
    : undefined;
}

function stimulusNames(images: Columns, nStimuli: number): string[] {
  const names = Array.from({ length: nStimuli }, (_, row) => String(row));
  if (images['name']) {
    for (let i = 0; i < images['stimulus']!.length; i++)
      names[Number(images['stimulus']![i])] = String(images['name'][i]);
  }
  return names;
}

function imageTable(images: Columns) {
  return Array.from(images['vector']!, (vector, i) => ({
    concept: Number(vector),
    side: String(images['side']![i]),
    rank: Number(images['rank']![i]),
    stimulus: images['name'] ? String(images['name'][i]) : Number(images['stimulus']![i]),
    cosine: Number(images['score']![i]),
  }));
}

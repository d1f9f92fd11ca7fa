import { join } from 'node:path';
import { type Clusters, readClusters } from '../cluster/index.js';
import { type Column, readColumns, readNpy } from '../data/index.js';
import { cosineSimilarities } from '../embed/index.js';
import { type Block, clusterCounts, conceptScores, imageGallery, similarityMatrix } from '../plot/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths } from '../study/index.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { clusterMap } from './mapUnits.js';
import { rowsOf } from './rankedRows.js';
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
  if (!files.pictures) return {};
  const pictures = await readStudyPictures(input);
  return files.surfaces ? { pictures, maps: await readStudyMaps(config, input) } : { pictures };
}

/** The report's account of one clustering: sizes, likeness, and each concept by pictures, words and map. */
export async function conceptBlocks(
  config: StudyConfig,
  cluster: ClusterConfig,
  files: StudyFiles,
  background: ConceptBackground,
  input: Input,
): Promise<Block[]> {
  const folder = studyPaths.concepts(cluster);
  const clusters = await readClusters(input(folder));
  const name = clusterName(cluster);
  const found = `\`${name}\`: ${clusters.nClusters} ${clusters.nClusters === 1 ? 'cluster' : 'clusters'}.`;
  if (clusters.nClusters === 0) return [found];
  const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
  const images = await readColumns(input(join(folder, 'images.tsv')));
  const words = files.words
    ? await readColumns(input(join(folder, 'words.tsv')), { text: ['word'] })
    : undefined;
  return [
    found,
    {
      figure: clusterCounts(clusters, {
        participants: config.participants,
        names: conceptNames(clusters, words),
      }),
    },
    ...(await likeness(clusters, embeddings, images, words)),
    ...(background.pictures
      ? conceptByConcept(config, clusters, background.pictures, background.maps, images, words)
      : [{ table: imageTable(images), caption: 'Most and least associated stimuli', maxRows: 60 }]),
  ];
}

async function likeness(
  { vectors, nClusters }: Clusters,
  embeddings: Matrix,
  images: Columns,
  words?: Columns,
): Promise<Block[]> {
  if (embeddings.shape[0] <= mostColumns) {
    const scores = await cosineSimilarities(vectors, embeddings);
    return [{ figure: conceptScores(scores, { stimuli: stimulusNames(images, embeddings.shape[0]) }) }];
  }
  if (nClusters < 2 || nClusters > 200) return [];
  const names = conceptNames({ nClusters }, words);
  return [{ figure: similarityMatrix(await cosineSimilarities(vectors, vectors), { names }) }];
}

function conceptByConcept(
  config: StudyConfig,
  clusters: Clusters,
  pictures: StudyPictures,
  maps: StudyMaps | undefined,
  images: Columns,
  words: Columns | undefined,
): Block[] {
  const shown = Math.min(clusters.nClusters, mostShown);
  const blocks: Block[] = [];
  for (let c = 0; c < shown; c++) {
    blocks.push({ heading: conceptName(c, words) });
    const list = (side: string) =>
      rowsOf(words, c, side)
        .slice(0, 8)
        .map((row) => String(words!['word']![row]))
        .join(', ');
    if (words) blocks.push(`Words near: ${list('most')}. Far: ${list('least')}.`);
    blocks.push({
      gallery: imageGallery(images, (stimulus) => pictures.bytes[stimulus], {
        ...{ vector: c, top: 12, nameOf: (stimulus: number) => pictures.names[stimulus]! },
      }),
    });
    if (maps)
      blocks.push({ figure: clusterMap(config, clusters, maps, c, `Concept ${c} on the flat cortex`) });
  }
  if (shown < clusters.nClusters)
    blocks.push(`The other ${clusters.nClusters - shown} stand in \`clusters.tsv\` and \`images.tsv\`.`);
  return blocks;
}

function conceptNames({ nClusters }: Pick<Clusters, 'nClusters'>, words?: Columns): string[] {
  return Array.from({ length: nClusters }, (_, c) => conceptName(c, words));
}

function conceptName(concept: number, words?: Columns): string {
  const row = rowsOf(words, concept, 'most')[0];
  return row === undefined ? `Concept ${concept}` : `Concept ${concept}: ${String(words!['word']![row])}`;
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

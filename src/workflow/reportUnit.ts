import { join } from 'node:path';
import { readClusters } from '../cluster/index.js';
import { readColumns, readNpy } from '../data/index.js';
import { cosineSimilarities } from '../embed/index.js';
import {
  type Block,
  clusterCounts,
  conceptScores,
  lossCurves,
  retrievalCurves,
  type Section,
  similarityMatrix,
  writeReport,
} from '../plot/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { toMatrix } from '../util/array.js';
import { clusterFiles } from './clusterUnits.js';
import { reportNotes } from './reportNotes.js';
import { historyPath, readRetrieval, readTraining } from './studyCurves.js';
import type { UnitCosts } from './unitCosts.js';

type Input = (path: string) => string;

/** With this many stimuli or fewer, each is a column of its own. */
const mostColumns = 30;

/** Report: one self-contained page with the figures of every stage. */
export function reportUnit(config: StudyConfig, { report: cost }: UnitCosts): Unit {
  return {
    id: 'report/page',
    cost,
    stage: 'report',
    inputs: [
      ...config.participants.map(historyPath),
      ...config.participants.map(studyPaths.metrics),
      ...config.cluster.flatMap((cluster) => [
        ...clusterFiles(config, cluster),
        `${studyPaths.concepts(cluster)}/images.tsv`,
      ]),
      studyPaths.embeddings,
    ],
    outputs: [studyPaths.report],
    record: 'report.json',
    parameters: { name: config.name, source: config.source, prepare: config.prepare, decode: config.decode },
    async run({ input, output }) {
      const notes = reportNotes(config);
      const sections: Section[] = [
        { title: 'What this is', blocks: notes.introduction },
        { title: 'Retrieval', blocks: [...(await retrieval(config, input)), ...notes.retrieval] },
        { title: 'Training', blocks: [await training(config, input)] },
      ];
      for (const cluster of config.cluster) {
        sections.push({
          title: `Concepts from ${cluster.vectors}`,
          blocks: [...(await concepts(config, cluster, input)), ...notes.concepts],
        });
      }
      await writeReport(output(studyPaths.report), { title: config.name, lead: notes.lead, sections });
      return undefined;
    },
  };
}

async function retrieval(config: StudyConfig, input: Input): Promise<Block[]> {
  const { curves, table, nCandidates } = await readRetrieval(config, input);
  if (table.length === 0) return ['No trial was held out, so nothing was scored.'];
  return [
    { figure: retrievalCurves(curves, { nCandidates, title: 'Retrieval on held-out trials' }) },
    { table, caption: `Top-1 on held-out trials; chance is 1 in ${nCandidates}` },
  ];
}

async function training(config: StudyConfig, input: Input): Promise<Block> {
  const curves = await readTraining(config, input);
  return { figure: lossCurves(curves, { chanceLoss: Math.log(config.decode.batch) }) };
}

async function concepts(config: StudyConfig, cluster: ClusterConfig, input: Input): Promise<Block[]> {
  const folder = studyPaths.concepts(cluster);
  const clusters = await readClusters(input(folder));
  const name = clusterName(cluster);
  const found = `\`${name}\`: ${clusters.nClusters} ${clusters.nClusters === 1 ? 'cluster' : 'clusters'}.`;
  if (clusters.nClusters === 0) return [found];
  const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
  const images = await readColumns(input(join(folder, 'images.tsv')));
  const blocks: Block[] = [found, { figure: clusterCounts(clusters, { participants: config.participants }) }];
  if (embeddings.shape[0] <= mostColumns) {
    const scores = await cosineSimilarities(clusters.vectors, embeddings);
    blocks.push({ figure: conceptScores(scores, { stimuli: stimulusNames(images, embeddings.shape[0]) }) });
  } else if (clusters.nClusters > 1) {
    blocks.push({ figure: similarityMatrix(await cosineSimilarities(clusters.vectors, clusters.vectors)) });
  }
  blocks.push({ table: imageTable(images), caption: 'Most and least associated stimuli', maxRows: 60 });
  return blocks;
}

function stimulusNames(images: Record<string, ArrayLike<unknown>>, nStimuli: number): string[] {
  const names = Array.from({ length: nStimuli }, (_, row) => String(row));
  if (images['name'])
    Array.from(images['stimulus']!, (row, i) => (names[Number(row)] = String(images['name']![i])));
  return names;
}

function imageTable(images: Record<string, ArrayLike<unknown>>) {
  return Array.from(images['vector']!, (vector, i) => ({
    concept: Number(vector),
    side: String(images['side']![i]),
    rank: Number(images['rank']![i]),
    stimulus: images['name'] ? String(images['name'][i]) : Number(images['stimulus']![i]),
    cosine: Number(images['score']![i]),
  }));
}

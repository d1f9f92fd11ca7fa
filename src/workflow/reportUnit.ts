import { join } from 'node:path';
import { readClusters } from '../cluster/index.js';
import { readColumns, readNpy } from '../data/index.js';
import { cosineSimilarities } from '../embed/index.js';
import {
  type Block,
  clusterCounts,
  conceptScores,
  lossCurves,
  type RetrievalCurve,
  retrievalCurves,
  type Section,
  similarityMatrix,
  type TrainingCurve,
  writeReport,
} from '../plot/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { toMatrix } from '../util/array.js';
import { clusterFiles } from './clusterUnits.js';
import { reportNotes } from './reportNotes.js';

type Input = (path: string) => string;

/** With this many stimuli or fewer, each is a column of its own. */
const mostColumns = 30;

/** Report: one self-contained page with the figures of every stage. */
export function reportUnit(config: StudyConfig): Unit {
  const histories = config.participants.map((participant) =>
    studyPaths.run(participant, 1).replace('.safetensors', '-history.tsv'),
  );
  return {
    id: 'report/page',
    stage: 'report',
    inputs: [
      ...histories,
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
        { title: 'Training', blocks: [await training(config, input, histories)] },
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
  const curves: RetrievalCurve[] = [];
  const rows: Record<string, string | number>[] = [];
  let nCandidates: number | undefined;
  for (const participant of config.participants) {
    const columns = await readColumns(input(studyPaths.metrics(participant)));
    const table = Array.from(columns['decoder']!, (decoder, i) => ({
      decoder: String(decoder),
      split: columns['split']![i],
      metric: columns['metric']![i],
      k: Number(columns['k']![i]),
      value: Number(columns['value']![i]),
    })).filter(({ split }) => split === 'test');
    const row: Record<string, string | number> = { participant };
    for (const decoder of new Set(table.map((row) => row.decoder))) {
      const of = (metric: string) => table.filter((row) => row.decoder === decoder && row.metric === metric);
      const accuracy = of('top-k');
      nCandidates ??= of('candidates')[0]?.value;
      curves.push({
        ...{ participant, decoder, k: accuracy.map(({ k }) => k) },
        accuracy: accuracy.map(({ value }) => value),
        low: of('top-k low').map(({ value }) => value),
        high: of('top-k high').map(({ value }) => value),
      });
      const at1 = (metric: string) => of(metric).find(({ k }) => k === 1)?.value ?? Number.NaN;
      row[decoder] = at1('top-k');
      row[`p (${decoder})`] = at1('p-value');
    }
    if (Object.keys(row).length > 1) rows.push(row);
  }
  if (rows.length === 0) return ['No trial was held out, so nothing was scored.'];
  return [
    { figure: retrievalCurves(curves, { nCandidates, title: 'Retrieval on held-out trials' }) },
    { table: rows, caption: `Top-1 on held-out trials; chance is 1 in ${nCandidates}` },
  ];
}

async function training(config: StudyConfig, input: Input, histories: string[]): Promise<Block> {
  const curves: TrainingCurve[] = [];
  for (const [index, path] of histories.entries()) {
    const { step, loss, similarity } = await readColumns(input(path));
    const numbers = (column: ArrayLike<unknown>) => Float32Array.from(column as ArrayLike<number>);
    curves.push({
      participant: config.participants[index]!,
      ...{ step: numbers(step!), loss: numbers(loss!), similarity: numbers(similarity!) },
    });
  }
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

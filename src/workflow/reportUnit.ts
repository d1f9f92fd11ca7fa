import { type Block, lossCurves, retrievalCurves, type Section, writeReport } from '../plot/index.js';
import { type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { cardsFile } from './cardsUnit.js';
import { clusterFiles } from './clusterFiles.js';
import { conceptBlocks, readBackground } from './conceptBlocks.js';
import { conceptTables } from './conceptTables.js';
import { recoveryFiles, recoverySections } from './recoverySections.js';
import { reportNotes } from './reportNotes.js';
import { historyPath, readRetrieval, readTraining } from './studyCurves.js';
import type { StudyFiles } from './studyFiles.js';
import type { UnitCosts } from './unitCosts.js';

type Input = (path: string) => string;

/** Report: one self-contained page with the figures of every stage. */
export function reportUnit(config: StudyConfig, files: StudyFiles, { report: cost }: UnitCosts): Unit {
  return {
    id: 'report/page',
    cost,
    stage: 'report',
    inputs: [
      ...config.participants.map(historyPath),
      ...config.participants.map(studyPaths.metrics),
      ...config.cluster.flatMap((cluster) => [
        ...clusterFiles(config, cluster),
        cardsFile(cluster),
        ...conceptTables(config, cluster, files).map((name) => `${studyPaths.concepts(cluster)}/${name}`),
      ]),
      ...(files.pictures ? [studyPaths.stimuli, studyPaths.pictures] : []),
      ...(files.surfaces ? [studyPaths.surfaces, ...config.participants.map(studyPaths.voxels)] : []),
      ...recoveryFiles(config),
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
      for (const section of await recoverySections(config, input)) sections.push(section);
      const background = await readBackground(config, files, input);
      for (const cluster of config.cluster) {
        sections.push({
          title: `Concepts from ${cluster.vectors}`,
          blocks: [...(await conceptBlocks(config, cluster, files, background, input)), ...notes.concepts],
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

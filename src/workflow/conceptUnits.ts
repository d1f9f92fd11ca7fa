import { imagePool, labelConcept, rankImages } from '../concepts/index.js';
import { type Column, readColumns, readNpy } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { toMatrix } from '../util/array.js';
import { cardsUnit } from './cardsUnit.js';
import { hasResponses } from './conceptTables.js';
import { dissociationUnit } from './dissociationUnit.js';
import { labelsUnit, labelTables } from './labelsUnit.js';
import { pictureFeaturesUnits } from './pictureFeaturesUnit.js';
import { readVocabulary } from './readVocabulary.js';
import { regionsUnit } from './regionsUnit.js';
import { responsesUnit } from './responsesUnit.js';
import { type ResultRow, writeResult } from './resultTables.js';
import type { StudyFiles } from './studyFiles.js';
import type { UnitCosts } from './unitCosts.js';

/**
 * Concepts: for each clustering, what its concepts are about, as far as the study's files tell: stimuli, words and how
 * well they stand for it, regions, measured responses, what tells close ones apart; and one card a concept.
 */
export function conceptUnits(config: StudyConfig, files: StudyFiles, costs: UnitCosts): Unit[] {
  const units = config.cluster.flatMap((cluster) => [
    imagesUnit(config, cluster, files),
    ...(files.words ? [wordsUnit(config, cluster)] : []),
    ...(labelTables(files).length ? [labelsUnit(config, cluster, files)] : []),
    ...(files.places ? [regionsUnit(config, cluster, files)] : []),
    ...(hasResponses(config) ? [responsesUnit(config, cluster)] : []),
    ...(config.concepts.pairs ? [dissociationUnit(config, cluster, files)] : []),
    cardsUnit(config, cluster, files),
  ]);
  const cost = costs.concepts;
  return [...pictureFeaturesUnits(config, files), ...units].map((unit) => ({ ...unit, cost }));
}

function imagesUnit(config: StudyConfig, cluster: ClusterConfig, { stimuli }: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const vectorsFile = `${folder}/vectors.npy`;
  const file = `${folder}/images.tsv`;
  const { top } = config.concepts;
  return {
    id: `concepts/${clusterName(cluster)}/images`,
    stage: 'concepts',
    inputs: [vectorsFile, studyPaths.embeddings, ...(stimuli ? [studyPaths.stimuli] : [])],
    outputs: [file],
    record: `${folder}/images.json`,
    parameters: { top },
    async run({ input, output, signal, onProgress }) {
      const vectors = toMatrix(await readNpy(input(vectorsFile)));
      const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
      const all: Record<string, Column> = stimuli ? await readColumns(input(studyPaths.stimuli)) : {};
      let rows: ResultRow[] = [];
      if (vectors.shape[0] > 0) {
        const pool = imagePool(embeddings.shape[0], [], 'all');
        const { table } = await rankImages(vectors, embeddings, { top, pool, signal, onProgress });
        const names = all['name'];
        rows = (table.objects() as ResultRow[]).map((row) =>
          names ? { ...row, name: String(names[Number(row['stimulus'])]) } : row,
        );
      }
      await writeResult(output(file), 'images.tsv', rows);
      return { nConcepts: vectors.shape[0] };
    },
  };
}

function wordsUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const vectorsFile = `${folder}/vectors.npy`;
  const file = `${folder}/words.tsv`;
  const { top } = config.concepts;
  return {
    id: `concepts/${clusterName(cluster)}/words`,
    stage: 'concepts',
    inputs: [vectorsFile, studyPaths.words, studyPaths.wordEmbeddings],
    outputs: [file],
    record: `${folder}/words.json`,
    parameters: { top },
    async run({ input, output, signal, onProgress }) {
      const vectors = toMatrix(await readNpy(input(vectorsFile)));
      const found = vectors.shape[0]
        ? (await labelConcept(vectors, await readVocabulary(input), { top, signal, onProgress })).table
        : [];
      await writeResult(output(file), 'words.tsv', found);
      return { nConcepts: vectors.shape[0] };
    },
  };
}

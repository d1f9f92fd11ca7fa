import { imagePool, labelConcept, rankImages } from '../concepts/index.js';
import { type Column, readColumns, readNpy, writeTable } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { toMatrix } from '../util/array.js';
import type { StudyFiles } from './studyFiles.js';
import type { UnitCosts } from './unitCosts.js';

/** Concepts: for each clustering, the stimuli and (where there is a vocabulary) the words of each concept vector. */
export function conceptUnits(config: StudyConfig, files: StudyFiles, { concepts: cost }: UnitCosts): Unit[] {
  return config.cluster.flatMap((cluster) => [
    { ...imagesUnit(config, cluster, files), cost },
    ...(files.words ? [{ ...wordsUnit(config, cluster), cost }] : []),
  ]);
}

function imagesUnit(config: StudyConfig, cluster: ClusterConfig, { stimuli }: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const vectorsFile = `${folder}/vectors.npy`;
  const { top } = config.concepts;
  return {
    id: `concepts/${clusterName(cluster)}/images`,
    stage: 'concepts',
    inputs: [vectorsFile, studyPaths.embeddings, ...(stimuli ? [studyPaths.stimuli] : [])],
    outputs: [`${folder}/images.tsv`],
    record: `${folder}/images.json`,
    parameters: { top },
    async run({ input, output, signal, onProgress }) {
      const vectors = toMatrix(await readNpy(input(vectorsFile)));
      const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
      const all: Record<string, Column> = stimuli ? await readColumns(input(studyPaths.stimuli)) : {};
      if (vectors.shape[0] === 0) {
        await writeTable(
          output(`${folder}/images.tsv`),
          emptyTable(['vector', 'side', 'rank', 'stimulus', 'score', 'z']),
        );
        return { nConcepts: 0 };
      }
      const pool = imagePool(embeddings.shape[0], [], 'all');
      const { table } = await rankImages(vectors, embeddings, { top, pool, signal, onProgress });
      const rows = Array.from(table.array('stimulus') as ArrayLike<number>);
      const names = all['name'];
      await writeTable(output(`${folder}/images.tsv`), {
        ...Object.fromEntries(table.columnNames().map((name) => [name, table.array(name) as Column])),
        ...(names ? { name: rows.map((row) => names[row]!) } : {}),
      });
      return { nConcepts: vectors.shape[0] };
    },
  };
}

function wordsUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const vectorsFile = `${folder}/vectors.npy`;
  const { top } = config.concepts;
  return {
    id: `concepts/${clusterName(cluster)}/words`,
    stage: 'concepts',
    inputs: [vectorsFile, studyPaths.words, studyPaths.wordEmbeddings],
    outputs: [`${folder}/words.tsv`],
    record: `${folder}/words.json`,
    parameters: { top },
    async run({ input, output, signal, onProgress }) {
      const vectors = toMatrix(await readNpy(input(vectorsFile)));
      if (vectors.shape[0] === 0) {
        await writeTable(
          output(`${folder}/words.tsv`),
          emptyTable(['vector', 'side', 'rank', 'word', 'score', 'z']),
        );
        return { nConcepts: 0 };
      }
      const { word } = await readColumns(input(studyPaths.words), { text: ['word'] });
      const embeddings = toMatrix(await readNpy(input(studyPaths.wordEmbeddings)));
      const vocabulary = { names: Array.from(word as ArrayLike<string>), embeddings };
      const { table } = await labelConcept(vectors, vocabulary, { top, signal, onProgress });
      await writeTable(output(`${folder}/words.tsv`), table);
      return { nConcepts: vectors.shape[0] };
    },
  };
}

function emptyTable(names: readonly string[]): Record<string, Column> {
  return Object.fromEntries(names.map((name) => [name, []]));
}

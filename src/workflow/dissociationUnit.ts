import {
  dissociateConcepts,
  type FeatureColumns,
  overlappingConcepts,
  type Vocabulary,
} from '../concepts/index.js';
import { readColumns, readNpy } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { rowOf, toMatrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import { pictureFeaturesFile } from './pictureFeaturesUnit.js';
import { readVocabulary } from './readVocabulary.js';
import { type ResultRow, writeResult } from './resultTables.js';
import type { StudyFiles } from './studyFiles.js';

/** Tables of how concepts about the same pictures differ. */
export const dissociationTables = [
  ...(['pairs.tsv', 'dissociation.tsv', 'disagreement.tsv', 'difference-words.tsv'] as const),
];

/** Random directions that feature correlations are compared with. */
const nDirections = 200;

/**
 * Pairs of concepts that share most of their most associated stimuli, told apart: where they disagree, in which words,
 * and (where features of the pictures are known or can be measured) by which features.
 */
export function dissociationUnit(config: StudyConfig, cluster: ClusterConfig, files: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const { pairs: maxPairs, permutations, top, features } = config.concepts;
  const { seed } = config;
  return {
    id: `concepts/${clusterName(cluster)}/dissociation`,
    stage: 'concepts',
    inputs: [
      ...[`${folder}/vectors.npy`, studyPaths.embeddings],
      ...(files.stimuli ? [studyPaths.stimuli] : []),
      ...(files.pictures && features === null ? [pictureFeaturesFile] : []),
      ...(files.words ? [studyPaths.words, studyPaths.wordEmbeddings] : []),
    ],
    outputs: dissociationTables.map((name) => `${folder}/${name}`),
    record: `${folder}/dissociation.json`,
    parameters: { maxPairs, permutations, nDirections, top, features, seed },
    async run({ input, output, signal, onProgress }) {
      const vectors = toMatrix(await readNpy(input(`${folder}/vectors.npy`)));
      const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
      const found = vectors.shape[0] > 1 ? await overlappingConcepts(vectors, embeddings, { maxPairs }) : [];
      const measured = found.length ? await readFeatures(config, files, input) : undefined;
      const vocabulary: Vocabulary | undefined =
        found.length && files.words ? await readVocabulary(input) : undefined;
      const [pairs, tests, pictures, words]: ResultRow[][] = [[], [], [], []];
      for (const { first, second, shared, cosine } of found) {
        const own = await dissociateConcepts(rowOf(vectors, first), rowOf(vectors, second), embeddings, {
          ...{ top, nPermutations: permutations, nDirections, seed, signal, onProgress },
          ...(measured && { features: measured }),
          ...(vocabulary && { vocabulary }),
        });
        const { scoreCorrelation, nStimuli } = own;
        pairs!.push({ first, second, shared, cosine, scoreCorrelation, nStimuli });
        const rowsOf = (table: { objects(): object[] } | undefined) =>
          (table?.objects() ?? []) as ResultRow[];
        tests!.push(...rowsOf(own.features).map((row) => ({ first, second, ...row })));
        pictures!.push(...rowsOf(own.disagreement).map((row) => ({ first, second, ...row })));
        words!.push(
          ...rowsOf(own.words?.table).map(({ side, rank, word, score, cosine }) => ({
            ...{ first, second, rank, word, score, cosine },
            side: side === 'most' ? 'first' : 'second',
          })),
        );
      }
      const tables = [pairs!, tests!, pictures!, words!];
      for (const [i, name] of dissociationTables.entries())
        await writeResult(output(`${folder}/${name}`), name, tables[i]!);
      return { pairs: found.length, features: Object.keys(measured ?? {}) };
    },
  };
}

/** The columns of stimuli.tsv that study.json names, or what was measured of the pictures; undefined for neither. */
async function readFeatures(
  { concepts: { features } }: StudyConfig,
  files: StudyFiles,
  input: (path: string) => string,
): Promise<FeatureColumns | undefined> {
  if (!features && !files.pictures) return undefined;
  const path = input(features ? studyPaths.stimuli : pictureFeaturesFile);
  const columns = await readColumns(path);
  const names = features ?? Object.keys(columns).filter((name) => name !== 'stimulus');
  return Object.fromEntries(
    names.map((name) => {
      const column = columns[name];
      if (!column || Array.from(column).some((value) => typeof value === 'string'))
        throw new FormatError(path, `has no column of numbers ${name}, which concepts.features names`);
      return [name, column as ArrayLike<number | null>];
    }),
  );
}

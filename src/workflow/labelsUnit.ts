import { captionWords, categoryScores, labelReliability } from '../concepts/index.js';
import { meanRow } from '../concepts/labelConcept.js';
import { readColumns, readNpy } from '../data/index.js';
import { unitRows } from '../embed/cosineSimilarities.js';
import { cosineSimilarities } from '../embed/index.js';
import { readTrials } from '../prepare/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { type Matrix, rowOf, takeRows, toMatrix } from '../util/array.js';
import { heldOutStimuli, type JudgedStimuli } from './heldOut.js';
import { rowsOf } from './rankedRows.js';
import { readVocabulary } from './readVocabulary.js';
import { type ResultRow, writeResult } from './resultTables.js';
import type { StudyFiles } from './studyFiles.js';

/** Words of each concept that are tried as labels. */
const nLabels = 3;
/** Share of the stimuli that count as a concept's own. */
const topShare = 0.05;

/** Tables of how well a study's concepts can be named; those of what the study does not have are left out. */
export function labelTables(files: StudyFiles) {
  return [
    ...(files.words ? (['labels.tsv'] as const) : []),
    ...(files.categories.length ? (['categories.tsv'] as const) : []),
    ...(files.captions ? (['caption-words.tsv'] as const) : []),
  ];
}

/**
 * How well concepts can be named: each one's nearest words tried as classifiers of its own stimuli, the annotated
 * categories that it predicts, and the caption words that its stimuli have more often than others.
 */
export function labelsUnit(config: StudyConfig, cluster: ClusterConfig, files: StudyFiles): Unit {
  const folder = studyPaths.concepts(cluster);
  const { top } = config.concepts;
  const tables = labelTables(files);
  const { captions, categories } = files;
  return {
    id: `concepts/${clusterName(cluster)}/labels`,
    stage: 'concepts',
    inputs: [
      ...[`${folder}/vectors.npy`, studyPaths.embeddings, ...config.participants.map(studyPaths.trials)],
      ...(files.words ? [`${folder}/words.tsv`, studyPaths.words, studyPaths.wordEmbeddings] : []),
      ...(captions || categories.length ? [studyPaths.stimuli] : []),
    ],
    outputs: tables.map((name) => `${folder}/${name}`),
    record: `${folder}/labels.json`,
    parameters: { top, nLabels, topShare, captions: captions ?? null, categories },
    async run({ input, output, signal }) {
      const vectors = toMatrix(await readNpy(input(`${folder}/vectors.npy`)));
      const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)));
      const trials = await Promise.all(
        config.participants.map((name) => readTrials(input(studyPaths.trials(name)))),
      );
      const judged = heldOutStimuli(trials, embeddings.shape[0]);
      const rows: Record<(typeof tables)[number], ResultRow[]> = {
        'labels.tsv': [],
        'categories.tsv': [],
        'caption-words.tsv': [],
      };
      if (vectors.shape[0] > 0) {
        if (files.words) rows['labels.tsv'] = await labelRows(vectors, embeddings, judged, folder, input);
        const stimuli =
          captions || categories.length
            ? await readColumns(input(studyPaths.stimuli), {
                text: [...categories, ...(captions ? [captions] : [])],
              })
            : {};
        for (const column of categories) {
          const own = membersOf(stimuli[column] as ArrayLike<string | null>);
          for (let c = 0; c < vectors.shape[0]; c++) {
            const found = await categoryScores(rowOf(vectors, c), embeddings, own, {
              pool: judged.rows,
              signal,
            });
            rows['categories.tsv'].push(
              ...found.map((score) => ({ concept: c, column, ...score, pool: judged.pool })),
            );
          }
        }
        if (captions) {
          const texts = Array.from(stimuli[captions] as ArrayLike<string | null>, (text) => text ?? '');
          rows['caption-words.tsv'] = await captionRows(vectors, embeddings, texts, top);
        }
      }
      for (const name of tables) await writeResult(output(`${folder}/${name}`), name, rows[name]);
      return { pool: judged.pool, nStimuli: judged.rows.length };
    },
  };
}

async function labelRows(
  vectors: Matrix,
  embeddings: Matrix,
  { rows: pool, pool: name }: JudgedStimuli,
  folder: string,
  input: (path: string) => string,
): Promise<ResultRow[]> {
  const words = await readColumns(input(`${folder}/words.tsv`), { text: ['word'] });
  const vocabulary = await readVocabulary(input);
  const textMean = Float32Array.from(meanRow(unitRows(vocabulary.embeddings, 'words')));
  const found: ResultRow[] = [];
  for (let c = 0; c < vectors.shape[0]; c++) {
    const nearest = rowsOf(words, c, 'most').slice(0, nLabels);
    const rows = nearest.map((row) => Number(words['row']![row]));
    const scores = await labelReliability(
      rowOf(vectors, c),
      takeRows(vocabulary.embeddings, rows),
      embeddings,
      { pool, textMean, top: Math.max(1, Math.round(topShare * pool.length)) },
    );
    scores.forEach((score, rank) => {
      found.push({ concept: c, rank: rank + 1, word: vocabulary.names[rows[rank]!]!, ...score, pool: name });
    });
  }
  return found;
}

/** For each category the stimuli that show it; a stimulus may name several, separated by ` | `. */
function membersOf(column: ArrayLike<string | null>): Record<string, Uint8Array> {
  const members: Record<string, Uint8Array> = {};
  for (let row = 0; row < column.length; row++) {
    for (const category of (column[row] ?? '').split('|').map((text) => text.trim())) {
      if (category === '') continue;
      members[category] ??= new Uint8Array(column.length);
      members[category][row] = 1;
    }
  }
  return members;
}

/** Caption words of the most associated stimuli of each concept, against all others. */
async function captionRows(
  vectors: Matrix,
  embeddings: Matrix,
  texts: readonly string[],
  top: number,
): Promise<ResultRow[]> {
  const captions = texts.map((text) => text.split('|'));
  const scores = await cosineSimilarities(vectors, embeddings);
  const nChosen = Math.max(1, Math.round(topShare * texts.length));
  const found: ResultRow[] = [];
  for (let c = 0; c < vectors.shape[0]; c++) {
    const own = rowOf(scores, c);
    const order = Array.from(own.keys()).sort((a, b) => own[b]! - own[a]! || a - b);
    const table = await captionWords(captions, order.slice(0, nChosen));
    const rows = (table.objects() as ResultRow[]).slice(0, top);
    found.push(...rows.map((row, rank) => ({ concept: c, rank: rank + 1, ...row })));
  }
  return found;
}

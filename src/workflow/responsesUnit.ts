import { readClusters } from '../cluster/index.js';
import { measureConcepts, negationTests } from '../concepts/index.js';
import { openNpyRows, readNpy } from '../data/index.js';
import { cosineSimilarities } from '../embed/index.js';
import { readTrials } from '../prepare/index.js';
import {
  type ClusterConfig,
  clusterName,
  type StudyConfig,
  studyPaths,
  type Unit,
  type UnitContext,
} from '../study/index.js';
import { toMatrix } from '../util/array.js';
import { clusterFiles } from './clusterFiles.js';
import { heldOutTrials } from './heldOut.js';
import { type ResultRow, writeResult } from './resultTables.js';

/** Tables of measured responses. */
export const responseTables = ['responses.tsv', 'measured-images.tsv'] as const;

/**
 * What the voxels of each concept were measured to do: their responses to its most and least associated stimuli
 * against their mean over all, on trials that no decoder of the same participant saw; and the stimuli of highest and
 * lowest measured response, beside those of highest and lowest cosine.
 */
export function responsesUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const { permutations, top } = config.concepts;
  const { seed, participants } = config;
  return {
    id: `concepts/${clusterName(cluster)}/responses`,
    stage: 'concepts',
    inputs: [
      ...clusterFiles(config, cluster),
      ...participants.flatMap((name) => [studyPaths.betas(name), studyPaths.trials(name)]),
      studyPaths.embeddings,
    ],
    outputs: responseTables.map((name) => `${folder}/${name}`),
    record: `${folder}/responses.json`,
    parameters: { permutations, top, seed },
    async run(context) {
      const { labels, nClusters, vectors } = await readClusters(context.input(folder));
      const tests: ResultRow[] = [];
      const listed: ResultRow[] = [];
      let trials = 'held out';
      if (nClusters > 0) {
        const embeddings = toMatrix(await readNpy(context.input(studyPaths.embeddings)));
        const scores = await cosineSimilarities(vectors, embeddings, { signal: context.signal });
        const people = await openParticipants(participants, labels, context);
        try {
          const measured = await measureConcepts(people, nClusters, context);
          for (const [concept, table] of measured.entries())
            listed.push(...extremes(table.objects() as Measured[], top).map((row) => ({ concept, ...row })));
          if (people.some(({ rows, trials }) => rows.length === trials.nTrials)) trials = 'all';
          const options = { seed, nPermutations: permutations };
          tests.push(...negationTests(measured, scores, options).map((row) => ({ ...row, trials })));
        } finally {
          await Promise.all(people.map(({ betas }) => betas.close()));
        }
      }
      await writeResult(context.output(`${folder}/responses.tsv`), 'responses.tsv', tests);
      await writeResult(context.output(`${folder}/measured-images.tsv`), 'measured-images.tsv', listed);
      return { trials };
    },
  };
}

/** Every participant's betas, to be closed, with the trials that their decoder did not see. */
async function openParticipants(
  names: readonly string[],
  labels: readonly Int32Array[],
  { input }: UnitContext,
) {
  const people = [];
  for (const [p, name] of names.entries()) {
    const trials = await readTrials(input(studyPaths.trials(name)));
    const betas = await openNpyRows(input(studyPaths.betas(name)));
    people.push({ betas, trials, labels: labels[p]!, rows: heldOutTrials(trials) });
  }
  return people;
}

type Measured = { stimulus: number; response: number };

/** The rows of highest and lowest response; ties by stimulus. */
function extremes(rows: readonly Measured[], top: number): ResultRow[] {
  const order = [...rows].sort((a, b) => b.response - a.response || a.stimulus - b.stimulus);
  const sides = { most: order.slice(0, top), least: order.slice(-top).reverse() };
  return Object.entries(sides).flatMap(([side, own]) =>
    own.map((row, rank) => ({ side, rank: rank + 1, ...row })),
  );
}

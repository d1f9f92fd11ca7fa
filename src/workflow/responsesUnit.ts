import { readClusters } from '../cluster/index.js';
import { type ConceptResponseInput, conceptResponses, negationTest } from '../concepts/index.js';
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
import { matrix, rowOf, toMatrix } from '../util/array.js';
import { throwIfAborted } from '../util/errors.js';
import { clusterFiles } from './clusterFiles.js';
import { heldOutTrials } from './heldOut.js';
import { type ResultRow, writeResult } from './resultTables.js';

/** Tables of measured responses. */
export const responseTables = ['responses.tsv', 'measured-images.tsv'] as const;

/** With fewer stimuli a mean over the highest and the lowest says nothing. */
const fewestStimuli = 20;

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
        const means = await Promise.all(
          participants.map((name, p) => conceptMeans(name, labels[p]!, nClusters, context)),
        );
        if (means.some(({ heldOut }) => !heldOut)) trials = 'all';
        for (let c = 0; c < nClusters; c++) {
          throwIfAborted(context.signal, 'measuring responses');
          const own = means
            .filter((_, p) => labels[p]!.includes(c))
            .map(({ betas, trials }): ConceptResponseInput => ({ betas, trials, voxels: [c] }));
          const measured = await conceptResponses(own);
          const rows = measured.objects() as { stimulus: number; response: number }[];
          listed.push(...extremes(rows, top).map((row) => ({ concept: c, ...row })));
          if (rows.length < fewestStimuli) continue;
          const { most, least, ...both } = negationTest(
            rows.map(({ stimulus }) => rowOf(scores, c)[stimulus]!),
            rows.map(({ response }) => response),
            { seed, nPermutations: permutations },
          );
          tests.push({ concept: c, side: 'most', ...most, ...both, trials });
          tests.push({ concept: c, side: 'least', ...least, ...both, trials });
        }
      }
      await writeResult(context.output(`${folder}/responses.tsv`), 'responses.tsv', tests);
      await writeResult(context.output(`${folder}/measured-images.tsv`), 'measured-images.tsv', listed);
      return { trials };
    },
  };
}

/** Mean beta over each concept's voxels in every trial that is used, in one pass over a participant's betas. */
async function conceptMeans(
  participant: string,
  labels: Int32Array,
  nConcepts: number,
  { input, signal }: UnitContext,
) {
  const trials = await readTrials(input(studyPaths.trials(participant)));
  const rows = heldOutTrials(trials);
  const counts = new Int32Array(nConcepts);
  for (const label of labels) if (label >= 0) counts[label]!++;
  const means = matrix(rows.length, nConcepts);
  const source = await openNpyRows(input(studyPaths.betas(participant)));
  const nVoxels = source.shape[1];
  const sums = new Float64Array(nConcepts);
  try {
    for (let r = 0; r < rows.length; ) {
      throwIfAborted(signal, 'measuring responses');
      let end = r + 1;
      while (end < rows.length && rows[end] === rows[end - 1]! + 1 && end - r < 256) end++;
      const block = await source.readRows(rows[r]!, rows[end - 1]! + 1);
      for (let t = r; t < end; t++) {
        sums.fill(0);
        for (let v = 0; v < nVoxels; v++)
          if (labels[v]! >= 0) sums[labels[v]!]! += block[(t - r) * nVoxels + v]!;
        for (let c = 0; c < nConcepts; c++) means.data[t * nConcepts + c] = sums[c]! / (counts[c]! || 1);
      }
      r = end;
    }
  } finally {
    await source.close();
  }
  const used = {
    ...trials,
    nTrials: rows.length,
    stimulus: Int32Array.from(rows, (t) => trials.stimulus[t]!),
  };
  return { betas: means, trials: used, heldOut: rows.length < trials.nTrials };
}

/** The rows of highest and lowest response; ties by stimulus. */
function extremes(rows: readonly { stimulus: number; response: number }[], top: number): ResultRow[] {
  const order = [...rows].sort((a, b) => b.response - a.response || a.stimulus - b.stimulus);
  const sides = { most: order.slice(0, top), least: order.slice(-top).reverse() };
  return Object.entries(sides).flatMap(([side, own]) =>
    own.map((row, rank) => ({ side, rank: rank + 1, ...row })),
  );
}

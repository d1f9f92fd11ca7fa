import { existsSync } from 'node:fs';
import {
  type Clusters,
  type ConceptHierarchy,
  clusterSignificance,
  conceptHierarchy,
  nullTuning,
  readClusters,
} from '../cluster/index.js';
import { readNpy, writeNpy } from '../data/index.js';
import {
  type ClusterConfig,
  clusterName,
  type StudyConfig,
  studyPaths,
  type Unit,
  type UnitContext,
} from '../study/index.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { clusterFiles, readVectorFiles, vectorFiles } from './clusterFiles.js';
import { workOptions } from './decodeUnits.js';
import { nullVectorFile, readNullVectors } from './nullUnits.js';
import { openParticipant, participantInputs } from './participantFiles.js';
import { type ResultRow, writeResult } from './resultTables.js';

/** Tables of a clustering's significance. */
export const significanceTables = ['significance.tsv', 'null.tsv'] as const;

/** Null draws that study.json asks for, for the vectors of a clustering; 0 for none. */
export function nullDraws({ significance }: StudyConfig, { vectors }: ClusterConfig): number {
  return vectors === 'tuning' ? significance.draws : significance.decoderDraws;
}

/**
 * Family-wise p-values of a clustering's clusters, and of its hierarchy's selection, under permuted stimulus labels:
 * how often chance gives a cluster as large, or as persistent.
 */
export function significanceUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const draws = nullDraws(config, cluster);
  const { participants, seed, hierarchy } = config;
  const drawn = Array.from({ length: draws }, (_, draw) => draw);
  const nulls =
    cluster.vectors === 'tuning'
      ? participants.flatMap(participantInputs)
      : participants.flatMap((name) => drawn.map((draw) => nullVectorFile(name, draw, cluster.vectors)));
  return {
    id: `cluster/${clusterName(cluster)}/significance`,
    stage: 'cluster',
    inputs: [...new Set([...vectorFiles(config, cluster), ...clusterFiles(config, cluster), ...nulls])],
    outputs: significanceTables.map((name) => `${folder}/${name}`),
    record: `${folder}/significance.json`,
    parameters: { draws, seed, ...hierarchy, minParticipants: cluster.minParticipants },
    async run(context) {
      const clusters = await readClusters(context.input(folder));
      const selection = await conceptHierarchy(await readVectorFiles(config, cluster, context.input), {
        ...{ ...hierarchy, minParticipants: cluster.minParticipants },
        ...workOptions(context),
      });
      const { nullVectors, close } = await openNull(config, cluster, context);
      try {
        const work = { nDraws: draws, ...workOptions(context) };
        const ofClusters = await clusterSignificance(clusters, nullVectors, work);
        const ofSelection = await clusterSignificance(selection, nullVectors, work);
        await writeResult(context.output(`${folder}/significance.tsv`), 'significance.tsv', [
          ...rowsOf('clusters', clusters, ofClusters),
          ...rowsOf('selection', selection, ofSelection),
        ]);
        const largest = (of: string, { nullSize, nullPersistence }: typeof ofSelection): ResultRow[] =>
          drawn.map((draw) => ({ draw, of, size: nullSize[draw]!, persistence: nullPersistence?.[draw] }));
        await writeResult(context.output(`${folder}/null.tsv`), 'null.tsv', [
          ...largest('clusters', ofClusters),
          ...largest('selection', ofSelection),
        ]);
        return { draws };
      } finally {
        await close();
      }
    },
  };
}

/** The vectors of each null draw; those of tuning are made once and kept in the unit's scratch folder. */
async function openNull(config: StudyConfig, cluster: ClusterConfig, context: UnitContext) {
  if (cluster.vectors !== 'tuning') {
    const nullVectors = (draw: number) => readNullVectors(config, cluster.vectors, draw, context.input);
    return { nullVectors, close: async () => {} };
  }
  const data = await Promise.all(config.participants.map((name) => openParticipant(context, name)));
  const training = data.map(({ betas, trials, embeddings, trainRows: rows }) => ({
    ...{ betas, stimulus: trials.stimulus, embeddings, rows },
  }));
  const { signal, engine } = context;
  const make = nullTuning(training, { seed: config.seed, signal, engine });
  const nullVectors = async (draw: number): Promise<Matrix[]> => {
    const files = config.participants.map((name) => context.scratch(`tuning-${draw}-${name}.npy`));
    if (files.every((file) => existsSync(file)))
      return Promise.all(files.map(async (file) => toMatrix(await readNpy(file))));
    const made = await make(draw);
    for (const [p, file] of files.entries()) await writeNpy(file, made[p]!);
    return made;
  };
  return { nullVectors, close: async () => void (await Promise.all(data.map((own) => own.close()))) };
}

function rowsOf(
  of: string,
  found: Clusters | ConceptHierarchy,
  { size, persistence }: Awaited<ReturnType<typeof clusterSignificance>>,
): ResultRow[] {
  const tested = 'branches' in found ? found.coreCounts : found.counts;
  const nParticipants = tested.shape[1]!;
  return Array.from(size, (pSize, k) => {
    const counts = tested.data.subarray(k * nParticipants, (k + 1) * nParticipants);
    const branch = 'branches' in found ? found.branches[found.selected[k]!]! : undefined;
    return {
      ...{ of, cluster: k, size: counts.reduce((a, b) => a + b, 0), pSize },
      ...{ persistence: branch?.persistence, pPersistence: persistence?.[k] },
    };
  });
}

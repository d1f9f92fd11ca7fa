import {
  clusterConcepts,
  clusterStability,
  leaveParticipantsOut,
  nearestByParticipant,
  type Repeat,
  readClusters,
} from '../cluster/index.js';
import { readDecoder, voxelVectors } from '../decode/index.js';
import {
  type ClusterConfig,
  clusterName,
  type StudyConfig,
  studyPaths,
  type Unit,
  type UnitContext,
} from '../study/index.js';
import type { Matrix } from '../util/array.js';
import { clusterFiles, readVectorFiles, vectorFiles } from './clusterFiles.js';
import { workOptions } from './decodeUnits.js';
import { openParticipant, participantInputs } from './participantFiles.js';
import { type ResultRow, writeResult } from './resultTables.js';

/** Tables of a clustering's stability. */
const stabilityTables = ['stability.tsv', 'repeats.tsv'] as const;

/** Whether a clustering's stability is looked at: without participants, or in single reruns. */
export function hasStability(config: StudyConfig, cluster: ClusterConfig): boolean {
  return leavesOut(config) || rerunNumbers(config, cluster).length > 0;
}

/** From three participants on: two others must be left to share anything. */
function leavesOut({ stability, participants }: StudyConfig): boolean {
  return stability.participants && participants.length > 2;
}

/** Single runs whose own clusters are compared; none for tuning, which has no decoder, nor where there is one run. */
function rerunNumbers({ stability, decode }: StudyConfig, { vectors }: ClusterConfig): number[] {
  if (vectors === 'tuning' || decode.runs < 2) return [];
  return Array.from({ length: Math.min(stability.reruns, decode.runs) }, (_, index) => index + 1);
}

/** How well each cluster comes back without each participant in turn, and in single reruns of the decoders. */
export function stabilityUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const runs = rerunNumbers(config, cluster);
  const runFiles = runs.flatMap((run) => config.participants.map((name) => studyPaths.run(name, run)));
  const betas =
    cluster.vectors === 'patterns' && runs.length ? config.participants.flatMap(participantInputs) : [];
  return {
    id: `cluster/${clusterName(cluster)}/stability`,
    stage: 'cluster',
    inputs: [
      ...new Set([...vectorFiles(config, cluster), ...clusterFiles(config, cluster), ...runFiles, ...betas]),
    ],
    outputs: stabilityTables.map((name) => `${folder}/${name}`),
    record: `${folder}/stability.json`,
    parameters: { ...cluster, participants: leavesOut(config), reruns: runs.length },
    async run(context) {
      const { vectors: _, ...options } = cluster;
      const own = { ...options, ...workOptions(context) };
      const alone = { ...own, threads: 1 };
      const repeats: { kind: string; names: string[]; list: Repeat[] }[] = [];
      if (leavesOut(config)) {
        const vectors = await readVectorFiles(config, cluster, context.input);
        const nearest = await nearestByParticipant(vectors, workOptions(context));
        // What is left to do after the pass over all pairs is too little, in small studies, to start workers for.
        const nVoxels = vectors.reduce((sum, { shape }) => sum + shape[0], 0);
        const list = await leaveParticipantsOut(vectors, { ...(nVoxels < 10_000 ? alone : own), nearest });
        repeats.push({
          kind: 'participant',
          names: config.participants.map((name) => `without ${name}`),
          list,
        });
      }
      if (runs.length) {
        const list: Repeat[] = [];
        for (const run of runs)
          list.push({
            clusters: await clusterConcepts(await runVectors(config, cluster, run, context), own),
          });
        repeats.push({ kind: 'rerun', names: runs.map((run) => `run ${run}`), list });
      }
      const clusters = await readClusters(context.input(folder));
      const rows: ResultRow[] = [];
      const each: ResultRow[] = [];
      for (const { kind, names, list } of repeats) {
        const { reproducibility, found, cosine, matches } = clusterStability(clusters, list);
        reproducibility.forEach((value, k) => {
          const scores = { reproducibility: value, found: found[k]!, cosine: cosine[k]! };
          rows.push({ cluster: k, kind, repeats: list.length, ...scores });
        });
        matches.forEach((match, r) => {
          match.partner.forEach((partner, k) => {
            const scores = { partner, cosine: match.cosine[k]!, overlap: match.overlap[k]! };
            each.push({ repeat: names[r]!, kind, cluster: k, ...scores });
          });
        });
      }
      await writeResult(context.output(`${folder}/stability.tsv`), 'stability.tsv', rows);
      await writeResult(context.output(`${folder}/repeats.tsv`), 'repeats.tsv', each);
      return { repeats: repeats.reduce((sum, { list }) => sum + list.length, 0) };
    },
  };
}

/** The vectors that a single run alone would have given. */
async function runVectors(
  config: StudyConfig,
  cluster: ClusterConfig,
  run: number,
  context: UnitContext,
): Promise<Matrix[]> {
  const vectors: Matrix[] = [];
  for (const name of config.participants) {
    const decoder = await readDecoder(context.input(studyPaths.run(name, run)));
    if (cluster.vectors === 'weights') {
      vectors.push(decoder.weight);
      continue;
    }
    const data = await openParticipant(context, name);
    try {
      const { betas, trials, embeddings, trainRows } = data;
      const inputs = { betas, stimulus: trials.stimulus, embeddings, rows: trainRows };
      vectors.push(await voxelVectors('patterns', inputs, decoder, workOptions(context)));
    } finally {
      await data.close();
    }
  }
  return vectors;
}

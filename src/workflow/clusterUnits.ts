import { dirname, join } from 'node:path';
import { clusterConcepts, readVectors, writeClusters } from '../cluster/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { workOptions } from './decodeUnits.js';
import type { UnitCosts } from './unitCosts.js';

/** Cluster: one unit for each clustering that study.json asks for. */
export function clusterUnits(config: StudyConfig, costs: UnitCosts): Unit[] {
  return config.cluster.map((cluster) => ({ ...clusterUnit(config, cluster), cost: costs.cluster }));
}

/** The files of one clustering, as `sdc cluster` names them. */
export function clusterFiles(config: StudyConfig, cluster: ClusterConfig): string[] {
  const folder = studyPaths.concepts(cluster);
  const perParticipant = config.participants.flatMap((_, index) =>
    ['labels', 'core', 'expanded', 'nearest'].map((kind) => `${kind}-${String(index).padStart(2, '0')}.npy`),
  );
  return [...perParticipant, 'vectors.npy', 'clusters.tsv', 'clusters.json'].map(
    (name) => `${folder}/${name}`,
  );
}

function clusterUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const inputs = config.participants.map((participant) => studyPaths.vectors(participant, cluster.vectors));
  const outputs = clusterFiles(config, cluster);
  const folder = studyPaths.concepts(cluster);
  return {
    id: `cluster/${clusterName(cluster)}`,
    stage: 'cluster',
    inputs,
    outputs,
    record: `${folder}/cluster.json`,
    parameters: { ...cluster },
    async run(context) {
      const vectors = await Promise.all(inputs.map((path) => readVectors(context.input(path))));
      const { vectors: kind, ...options } = cluster;
      const clusters = await clusterConcepts(vectors, { ...options, ...workOptions(context) });
      await writeClusters(
        dirname(context.output(join(folder, 'x'))),
        clusters,
        { kind },
        config.participants,
      );
      return { nClusters: clusters.nClusters };
    },
  };
}

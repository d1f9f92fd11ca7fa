import { readVectors } from '../cluster/index.js';
import { type ClusterConfig, type StudyConfig, studyPaths } from '../study/index.js';
import type { Matrix } from '../util/array.js';

/** Where the voxel vectors of a clustering lie, participant by participant. */
export function vectorFiles(config: StudyConfig, cluster: ClusterConfig): string[] {
  return config.participants.map((participant) => studyPaths.vectors(participant, cluster.vectors));
}

/** Reads them. */
export function readVectorFiles(
  config: StudyConfig,
  cluster: ClusterConfig,
  input: (path: string) => string,
): Promise<Matrix[]> {
  return Promise.all(vectorFiles(config, cluster).map((path) => readVectors(input(path))));
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

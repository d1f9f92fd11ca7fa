import {
  clusterPooled,
  clusterSpherical,
  clusterWithinParticipants,
  compareClusterings,
  type Labelled,
  principalConcepts,
  readClusters,
} from '../cluster/index.js';
import { writeTable } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { clusterFiles, readVectorFiles, vectorFiles } from './clusterFiles.js';
import { workOptions } from './decodeUnits.js';
import { writeResult } from './resultTables.js';

/**
 * Each clustering beside other ways to cluster the same voxels: within each participant, pooled without regard to
 * participants, spherical k-means and principal components with as many clusters, and the study's other vectors.
 */
export function comparisonsUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const others = config.cluster.filter((other) => other !== cluster);
  const file = `${folder}/comparisons.tsv`;
  return {
    id: `cluster/${clusterName(cluster)}/comparisons`,
    stage: 'cluster',
    inputs: [
      ...vectorFiles(config, cluster),
      ...[cluster, ...others].flatMap((each) => clusterFiles(config, each)),
    ],
    outputs: [file],
    record: `${folder}/comparisons.json`,
    parameters: { eps: cluster.eps, seed: config.seed, others: others.map(clusterName) },
    async run(context) {
      const vectors = await readVectorFiles(config, cluster, context.input);
      const reference = await readClusters(context.input(folder));
      if (reference.nClusters === 0) {
        await writeResult(context.output(file), 'comparisons.tsv', []);
        return { nClusters: 0 };
      }
      const work = workOptions(context);
      const k = reference.nClusters;
      const found: Record<string, Labelled> = {
        'within participants': await clusterWithinParticipants(vectors, { eps: cluster.eps, ...work }),
        'pooled DBSCAN': await clusterPooled(vectors, { eps: cluster.eps, ...work }),
        'spherical k-means': await clusterSpherical(vectors, k, {
          seed: config.seed,
          signal: context.signal,
        }),
        'principal components': await principalConcepts(vectors, Math.min(k, vectors[0]!.shape[1])),
      };
      for (const other of others)
        found[clusterName(other)] = await readClusters(context.input(studyPaths.concepts(other)));
      await writeTable(context.output(file), compareClusterings(reference, found, clusterName(cluster)));
      return { nClusters: k };
    },
  };
}

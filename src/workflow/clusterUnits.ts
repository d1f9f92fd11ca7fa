import { dirname, join } from 'node:path';
import { clusterConcepts, readVectors, writeClusters } from '../cluster/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { clusterFiles } from './clusterFiles.js';
import { comparisonsUnit } from './comparisonsUnit.js';
import { workOptions } from './decodeUnits.js';
import { hierarchyUnit } from './hierarchyUnit.js';
import { nullUnits } from './nullUnits.js';
import { nullDraws, significanceUnit } from './significanceUnit.js';
import { hasStability, stabilityUnit } from './stabilityUnit.js';
import type { UnitCosts } from './unitCosts.js';

/**
 * Cluster: for each clustering that study.json asks for, the clusters themselves and what is tried with them: the
 * clusters of every eps, how well they come back, and (where asked for) what chance and other methods give.
 */
export function clusterUnits(config: StudyConfig, costs: UnitCosts): Unit[] {
  const units = config.cluster.flatMap((cluster): Unit[] => [
    { ...clusterUnit(config, cluster), cost: costs.cluster },
    { ...hierarchyUnit(config, cluster), cost: costs.hierarchy },
    ...(hasStability(config, cluster) ? [{ ...stabilityUnit(config, cluster), cost: costs.stability }] : []),
    ...(nullDraws(config, cluster)
      ? [{ ...significanceUnit(config, cluster), cost: costs.significance(cluster) }]
      : []),
    ...(config.comparisons ? [{ ...comparisonsUnit(config, cluster), cost: costs.comparisons }] : []),
  ]);
  return [...nullUnits(config).map((unit) => ({ ...unit, cost: costs.nullDraw })), ...units];
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

import {
  type Clusters,
  type ConceptHierarchy,
  conceptHierarchy,
  coreCurves,
  cutHierarchy,
  matchClusters,
  type Nearest,
  nearestByParticipant,
  readClusters,
} from '../cluster/index.js';
import { writeNpy } from '../data/index.js';
import { type ClusterConfig, clusterName, type StudyConfig, studyPaths, type Unit } from '../study/index.js';
import { ndarray } from '../util/array.js';
import { clusterFiles, readVectorFiles, vectorFiles } from './clusterFiles.js';
import { workOptions } from './decodeUnits.js';
import { type ResultRow, type ResultTable, writeResult } from './resultTables.js';

/** Tables of a clustering's hierarchy. */
export const hierarchyTables = ['hierarchy.tsv', 'selection.tsv', 'persistence.tsv', 'cores.tsv'] as const;

/** Number of eps at which core voxels are counted, evenly up to twice the one in use. */
const nEps = 40;

/**
 * The clusters of every eps: the condensed tree, what it selects with no eps given, how each cluster of the fixed eps
 * fares in it, and core voxels over eps.
 */
export function hierarchyUnit(config: StudyConfig, cluster: ClusterConfig): Unit {
  const folder = studyPaths.concepts(cluster);
  const { hierarchy: options } = config;
  return {
    id: `cluster/${clusterName(cluster)}/hierarchy`,
    stage: 'cluster',
    inputs: [...vectorFiles(config, cluster), ...clusterFiles(config, cluster)],
    outputs: [...hierarchyTables, 'selection-vectors.npy', ...selectionFiles(config)].map(
      (name) => `${folder}/${name}`,
    ),
    record: `${folder}/hierarchy.json`,
    parameters: { ...options, minParticipants: cluster.minParticipants, weighting: cluster.weighting },
    async run(context) {
      const vectors = await readVectorFiles(config, cluster, context.input);
      const clusters = await readClusters(context.input(folder));
      const work = workOptions(context);
      const nearest = await nearestByParticipant(vectors, work);
      const { minParticipants, weighting } = cluster;
      const found = await conceptHierarchy(vectors, {
        ...{ ...options, minParticipants, weighting, nearest },
        ...work,
      });
      const at = (name: string) => context.output(`${folder}/${name}`);
      const tables: Partial<Record<ResultTable, ResultRow[]>> = {
        'hierarchy.tsv': branchRows(found),
        'selection.tsv': selectionRows(found, config.participants),
        'persistence.tsv': persistenceRows(clusters, found),
        'cores.tsv': coreRows(nearest, found, cluster.eps),
      };
      for (const name of hierarchyTables) await writeResult(at(name), name, tables[name]!);
      await writeNpy(at('selection-vectors.npy'), found.vectors);
      for (const [p, name] of selectionFiles(config).entries())
        await writeNpy(at(name), ndarray(found.labels[p]!, [found.labels[p]!.length]));
      return { nBranches: found.branches.length, nSelected: found.nClusters };
    },
  };
}

function selectionFiles({ participants }: StudyConfig): string[] {
  return participants.map((_, p) => `selection-${String(p).padStart(2, '0')}.npy`);
}

function branchRows({ branches, selected }: ConceptHierarchy): ResultRow[] {
  return branches.map((branch, b) => {
    const { parent, birthEps, topEps, size, participants, stability, persistence } = branch;
    const counts = { size, participants, stability, persistence };
    return { branch: b, parent, birthEps, topEps, ...counts, cluster: selected.indexOf(b) };
  });
}

function selectionRows(found: ConceptHierarchy, participants: readonly string[]): ResultRow[] {
  return found.selected.map((branch, cluster) => {
    const own = participants.map((_, p) => found.counts.data[cluster * participants.length + p]!);
    return {
      ...{ cluster, branch, eps: found.eps[cluster]!, persistence: found.branches[branch]!.persistence },
      ...{ size: own.reduce((a, b) => a + b, 0), participants: own.filter((count) => count > 0).length },
      ...Object.fromEntries(participants.map((name, p) => [name, own[p]!])),
    };
  });
}

/** The selected cluster that each cluster of the fixed eps meets, and how long that one persists. */
function persistenceRows(clusters: Clusters, found: ConceptHierarchy): ResultRow[] {
  const { partner, cosine, overlap } = matchClusters(clusters, found);
  return Array.from(partner, (selected, cluster) => ({
    ...{ cluster, selected, cosine: cosine[cluster]!, overlap: overlap[cluster]! },
    eps: selected < 0 ? Number.NaN : found.eps[selected]!,
    persistence: selected < 0 ? Number.NaN : found.branches[found.selected[selected]!]!.persistence,
  }));
}

/** Core voxels at each eps for each minParticipants; clusters of at least minSize core voxels for the one in use. */
function coreRows(nearest: Nearest, found: ConceptHierarchy, eps: number): ResultRow[] {
  const nParticipants = nearest.similarity.length;
  const radii = Array.from({ length: nEps }, (_, i) =>
    Number((((i + 1) * 2 * eps) / nEps).toPrecision(6)),
  ).filter((radius) => radius < 2);
  const { minParticipants: inUse, minSize, maxEps } = found.parameters;
  const each = Array.from({ length: Math.min(6, nParticipants - 1) }, (_, i) => i + 1);
  const { core } = coreCurves(nearest, radii, each);
  return each.flatMap((least, line) =>
    radii.map((radius, e) => ({
      ...{ minParticipants: least, eps: radius, core: core.data[line * radii.length + e]! },
      clusters: least === inUse && radius <= maxEps ? countLarge(cutHierarchy(found, radius), minSize) : null,
    })),
  );
}

function countLarge(labels: readonly Int32Array[], minSize: number): number {
  const sizes = new Map<number, number>();
  for (const own of labels)
    for (const label of own) if (label >= 0) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  return [...sizes.values()].filter((size) => size >= minSize).length;
}

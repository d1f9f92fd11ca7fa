import { maximumForest } from '../engine/forest.js';
import { type Forest, similarityLimit } from '../engine/pairs.js';
import type { Matrix, NdArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { UnionFind } from '../util/unionFind.js';
import { attachBorders } from './attachBorders.js';
import { checkEps, checkMinParticipants } from './checks.js';
import { clusterVectors } from './clusterVectors.js';
import { type Branch, condenseForest } from './condenseForest.js';
import { coreSimilarity } from './coreSimilarity.js';
import { nearestOf, seedsOf } from './nearestByParticipant.js';
import { countByParticipant, numberClusters } from './numberClusters.js';
import { openPool } from './openPool.js';
import { withPairEngine } from './pairEngine.js';
import { branchMembers, selectBranches } from './selectBranches.js';
import type { Nearest, PairOptions, Weighting } from './types.js';

export interface HierarchyOptions extends PairOptions {
  /** Other participants that must have a neighbour of a core point; default 3. */
  minParticipants?: number;
  /** Core voxels of a branch; default 10. */
  minSize?: number;
  /** Participants whose core voxels a branch holds; default minParticipants + 1. */
  minBranchParticipants?: number;
  /** Selected branches have at least this persistence; default 0.1: eps can shrink by a tenth in the mean. */
  minPersistence?: number;
  /** End of the hierarchy: no larger eps is looked at. Default 2, all. */
  maxEps?: number;
  /** How voxels weigh in a concept vector; default `voxels`, each the same. */
  weighting?: Weighting;
  /** The result of {@link nearestByParticipant} on the same vectors, to save its pass. */
  nearest?: Nearest;
}

/** The options of a hierarchy that decide what it finds, with their defaults filled in. */
export type HierarchyParameters = Required<
  Pick<
    HierarchyOptions,
    'minParticipants' | 'minSize' | 'minBranchParticipants' | 'minPersistence' | 'maxEps'
  >
>;

/** The clusters of every eps, and a selection among them. Lists over participants keep the order of the input. */
export interface ConceptHierarchy {
  readonly parameters: HierarchyParameters;
  /** Voxels of each participant. */
  readonly sizes: readonly number[];
  /** See {@link coreSimilarity}. */
  readonly core: readonly Float64Array[];
  /** The maximum spanning forest, heaviest edge first, over voxels counted through all participants. */
  readonly forest: Forest;
  /** Condensed tree, children before parents. */
  readonly branches: readonly Branch[];
  /** Selected branches, in the order of the clusters. */
  readonly selected: readonly number[];
  /** Where each selected branch is cut: the cluster is what the core points' clustering has there. */
  readonly eps: Float64Array;
  readonly nClusters: number;
  /** Cluster of each voxel in the selection, −1 for noise. */
  readonly labels: readonly Int32Array[];
  /** How deep in its branch, over its life in ln(eps): 0 leaves at birth, 1 stays to the top; 0 for border and noise. */
  readonly strength: readonly Float32Array[];
  readonly vectors: Matrix;
  /** nClusters × nParticipants: voxels, borders included, and core voxels alone. */
  readonly counts: NdArray<Int32Array>;
  readonly coreCounts: NdArray<Int32Array>;
}

/**
 * The shared clusters of all eps at once: HDBSCAN (Campello, Moulavi, Sander 2013) with density counted in
 * participants. With core similarity c (see {@link coreSimilarity}) two voxels are mutually reachable at
 * m(v, w) = min(c_v, c_w, cos(x_v, x_w)); the components of m > 1 − eps are exactly the core points' clusters of
 * {@link clusterConcepts} at that eps, and one maximum spanning tree of m holds them all.
 *
 * The tree is condensed to branches (see {@link Branch}), and the disjoint branches of greatest total stability are
 * selected, each at an eps of its own within its life: where size · ln(birthEps / eps) is greatest, so that what hangs
 * on it only near its birth is left out. The core of each cluster is thus one of the core points' clusters at its own
 * eps. Its border are the voxels that have one of those as their nearest of some other participant, within that eps,
 * and, somewhat further out, those that have one of them as their nearest of all other participants: as far as is no
 * outlier among the eps at which the core's own voxels leave (Tukey's fence, in ln eps), and never beyond birthEps.
 * A root is selected only if `maxEps` is given, since at eps 2 all is one.
 *
 * Two passes over all pairs at most; memory O(nVoxels (nDims + nParticipants)). The tree does not depend on threads
 * or on the order of voxels; equal weights merge at once.
 *
 * @param vectors one nVoxels × nDims matrix a participant, as for {@link clusterConcepts}
 * @throws InputError as clusterConcepts, and for minSize < 2
 */
export async function conceptHierarchy(
  vectors: readonly Matrix[],
  options: HierarchyOptions = {},
): Promise<ConceptHierarchy> {
  const { minParticipants = 3, minSize = 10, minPersistence = 0.1, maxEps = 2 } = options;
  const { minBranchParticipants = minParticipants + 1, weighting = 'voxels' } = options;
  checkMinParticipants(minParticipants, vectors.length);
  if (maxEps !== 2) checkEps(maxEps, 'maxEps');
  if (!(minSize >= 2)) throw new InputError('minSize', minSize, 'at least 2');
  const pool = openPool(vectors, options);
  const limit = maxEps === 2 ? -1.001 : similarityLimit(maxEps);
  const { nearest, core, forest } = await withPairEngine(pool, options, async (engine) => {
    const nearest = options.nearest ?? (await nearestOf(pool, engine, options));
    const core = coreSimilarity(nearest, minParticipants);
    const level = new Float64Array(pool.n);
    core.forEach((own, p) => {
      level.set(own, pool.starts[p]);
    });
    const seeds = seedsOf(pool, nearest);
    const found = await engine.forest(pool, level, limit, { ...options, seeds });
    return { nearest, core, forest: maximumForest(pool.n, found) };
  });
  const floor = maxEps === 2 ? -1 : 1 - maxEps;
  const tree = condenseForest(forest, pool.group, minSize, minBranchParticipants, floor);
  const selected = selectBranches(tree.branches, maxEps < 2).filter(
    (b) => tree.branches[b]!.persistence >= minPersistence,
  );
  const sizes = vectors.map((m) => m.shape[0]);
  const { strength, clusterOf: coresOf, ...reach } = branchMembers(tree, selected);
  const clusterOf = attachBorders(pool, nearest, coresOf, reach);
  const everyCluster = { bySize: true, minSize: 1, minClusterParticipants: 1 };
  const { labels, nClusters } = numberClusters(smallestRows(clusterOf), sizes, everyCluster);
  const inOrder = orderSelected(selected, clusterOf, labels);
  return {
    parameters: { minParticipants, minSize, minBranchParticipants, minPersistence, maxEps },
    sizes,
    core,
    forest,
    branches: tree.branches,
    selected: inOrder,
    eps: Float64Array.from(inOrder, (b) => 1 - reach.cutAt.get(b)!),
    nClusters,
    labels,
    strength: splitBySizes(strength, sizes),
    vectors: clusterVectors(vectors, labels, nClusters, weighting),
    counts: countByParticipant(labels, nClusters),
    coreCounts: countByParticipant(coresAmong(labels, coresOf), nClusters),
  };
}

/** The labels of core voxels, −1 for every other. */
function coresAmong(labels: readonly Int32Array[], coresOf: Int32Array): Int32Array[] {
  let row = 0;
  return labels.map((own) => own.map((label) => (coresOf[row++]! < 0 ? -1 : label)));
}

/** The smallest row of each row's cluster, −1 for none. */
function smallestRows(clusterOf: Int32Array): Int32Array {
  const first = new Map<number, number>();
  clusterOf.forEach((b, row) => {
    if (!first.has(b)) first.set(b, row);
  });
  return clusterOf.map((b) => (b < 0 ? -1 : first.get(b)!));
}

/** The selected branches in the order of the labels they were given. */
function orderSelected(
  selected: readonly number[],
  clusterOf: Int32Array,
  labels: readonly Int32Array[],
): number[] {
  const label = new Map<number, number>();
  let row = 0;
  for (const own of labels) for (const cluster of own) label.set(clusterOf[row++]!, cluster);
  return [...selected].sort((a, b) => label.get(a)! - label.get(b)!);
}

function splitBySizes(values: Float32Array, sizes: readonly number[]): Float32Array[] {
  let at = 0;
  return sizes.map((size) => values.slice(at, (at += size)));
}

/**
 * The core points' clusters at one eps, read from the hierarchy: the same partition as that of
 * {@link clusterConcepts}, numbered by core voxels, largest first; −1 for voxels that are not core points.
 *
 * @throws InputError for eps outside (0, maxEps]
 */
export function cutHierarchy(hierarchy: ConceptHierarchy, eps: number): Int32Array[] {
  checkEps(eps);
  if (eps > hierarchy.parameters.maxEps)
    throw new InputError('eps', eps, `at most the hierarchy's maxEps, ${hierarchy.parameters.maxEps}`);
  const limit = similarityLimit(eps);
  const { core, forest, sizes } = hierarchy;
  const sets = new UnionFind(sizes.reduce((a, b) => a + b, 0));
  for (let e = 0; e < forest.weight.length && forest.weight[e]! > limit; e++)
    sets.union(forest.from[e]!, forest.to[e]!);
  const level = core.flatMap((own) => Array.from(own));
  const smallest = Int32Array.from(level, (s, i) => (s > limit ? sets.find(i) : -1));
  return numberClusters(smallest, sizes, { bySize: true, minSize: 1, minClusterParticipants: 1 }).labels;
}

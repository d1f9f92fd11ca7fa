import { similarityLimit } from '../engine/pairs.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { checkChoice, checkEps, checkMinParticipants } from './checks.js';
import { clusterVectors } from './clusterVectors.js';
import { coreSimilarity } from './coreSimilarity.js';
import { defaultEpsExpansion, expandOf } from './expandMasks.js';
import { labelVoxels } from './labelVoxels.js';
import { nearestOf, seedsOf } from './nearestByParticipant.js';
import { countByParticipant, numberClusters } from './numberClusters.js';
import { openPool } from './openPool.js';
import { withPairEngine } from './pairEngine.js';
import type { Border, Clusters, Nearest, PairOptions, Weighting } from './types.js';

export interface ClusterOptions extends PairOptions {
  /** Cosine distance below which two voxels are neighbours, in (0, 2). */
  eps: number;
  /** Other participants that must have a neighbour of a core point; default 3. */
  minParticipants?: number;
  /** A non-core voxel joins its `nearest` core point's cluster (default), or the `last`, as the authors' code. */
  border?: Border;
  /** Reach of the expanded masks; default min(eps + 0.05, 0.65). */
  epsExpansion?: number;
  /** Clusters of fewer labelled voxels become noise; default 1. */
  minSize?: number;
  /** Clusters with labelled voxels in fewer participants become noise; default 1. */
  minClusterParticipants?: number;
  /** How voxels weigh in the concept vectors; default `voxels`. */
  weighting?: Weighting;
  /** The result of {@link nearestByParticipant} on the same vectors, to save its pass. */
  nearest?: Nearest;
}

/**
 * Shared decodable concepts by the participant-aware DBSCAN of Efird et al. (ICLR 2025).
 *
 * With d(v, w) = 1 − cos(x_v, x_w), a voxel is a core point if at least minParticipants participants other than
 * its own have a voxel with d < eps. Clusters are the connected components of core points under d < eps, own
 * participant included. Another voxel with d < eps to a core point is a border point: it joins the cluster of
 * its nearest core point (ties: the cluster whose smallest core point comes first). The rest is noise. Clusters
 * are numbered by size, largest first (ties: the smallest core point).
 *
 * With `border: 'last'` the labels are those of the authors' visiting order: clusters are numbered by their
 * smallest core point, and a border point belongs to the last cluster that reaches it.
 *
 * All comparisons are of float64 cosines, so labels do not depend on threads or on the order of voxels and
 * participants. Time O(nVoxels² nDims), memory O(nVoxels (nDims + nParticipants)).
 *
 * @param vectors one nVoxels × nDims matrix a participant (weights, patterns or tuning), any lengths; finite; a
 *   zero vector is noise and nobody's neighbour; an empty participant shares nothing
 * @throws InputError for values that are not finite, unequal widths, eps outside (0, 2), minParticipants outside
 *   1 … nParticipants − 1
 *
 * ```ts
 * const clusters = await clusterConcepts(vectors, { eps: 0.6, minParticipants: 3 });
 * ```
 */
export async function clusterConcepts(
  vectors: readonly Matrix[],
  options: ClusterOptions,
): Promise<Clusters> {
  const { eps, minParticipants = 3, border = 'nearest', weighting = 'voxels' } = options;
  const { minSize = 1, minClusterParticipants = 1 } = options;
  checkEps(eps);
  checkMinParticipants(minParticipants, vectors.length);
  checkChoice('border', border, ['nearest', 'last']);
  checkChoice('weighting', weighting, ['voxels', 'participants']);
  const epsExpansion = options.epsExpansion ?? defaultEpsExpansion(eps);
  checkEps(epsExpansion, 'epsExpansion');
  const pool = openPool(vectors, options);
  return withPairEngine(pool, options, async (engine) => {
    const nearest = options.nearest ?? (await nearestOf(pool, engine, options));
    const limit = similarityLimit(eps);
    const core = coreSimilarity(nearest, minParticipants).map((level) =>
      Uint8Array.from(level, (s) => (s > limit ? 1 : 0)),
    );
    const seeds = seedsOf(pool, nearest);
    const label = await labelVoxels(pool, concatenate(core), limit, border, engine, { ...options, seeds });
    const sizes = vectors.map((m) => m.shape[0]);
    const numbering = { bySize: border === 'nearest', minSize, minClusterParticipants };
    const { labels, nClusters } = numberClusters(label, sizes, numbering);
    return {
      eps,
      minParticipants,
      nClusters,
      labels,
      core,
      expanded: await expandOf(pool, labels, nClusters, epsExpansion, engine, options),
      nearest: nearest.similarity.map((table) => toMatrix(table)),
      vectors: clusterVectors(vectors, labels, nClusters, weighting),
      counts: countByParticipant(labels, nClusters),
    };
  });
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

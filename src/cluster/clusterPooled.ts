import { type PairEngine, similarityLimit } from '../engine/pairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { checkEps } from './checks.js';
import { clusterVectors } from './clusterVectors.js';
import { labelVoxels } from './labelVoxels.js';
import type { Labelled } from './matchClusters.js';
import { numberClusters } from './numberClusters.js';
import { openPool } from './openPool.js';
import { withPairEngine } from './pairEngine.js';
import type { PairOptions } from './types.js';

export interface PooledOptions extends PairOptions {
  /** Cosine distance below which two voxels are neighbours, in (0, 2). */
  eps: number;
  /** Voxels, itself among them, that a core point has within eps (scikit-learn's min_samples); default 5. */
  minVoxels?: number;
}

/**
 * Plain DBSCAN over the voxels of all participants pooled: density counts voxels, whoever's they are. What the
 * participant-aware rule is compared with. A border point joins its nearest core point's cluster.
 *
 * @throws InputError as clusterConcepts, and for minVoxels < 1
 */
export async function clusterPooled(vectors: readonly Matrix[], options: PooledOptions): Promise<Labelled> {
  const limit = checked(options);
  const pool = openPool(vectors, options);
  const sizes = vectors.map((m) => m.shape[0]);
  const label = await withPairEngine(pool, options, (engine) => dbscan(pool, limit, options, engine));
  const { labels, nClusters } = numberClusters(label, sizes, everyCluster);
  return { labels, vectors: clusterVectors(vectors, labels, nClusters) };
}

/**
 * Plain DBSCAN within each participant alone, as if there were no others; clusters are numbered through the
 * participants. Whether anything here is shared is for {@link matchClusters} to say.
 */
export async function clusterWithinParticipants(
  vectors: readonly Matrix[],
  options: PooledOptions,
): Promise<Labelled> {
  checked(options);
  const labels: Int32Array[] = [];
  let nClusters = 0;
  for (const own of vectors) {
    const alone = await clusterPooled([own], options);
    labels.push(alone.labels[0]!.map((label) => (label < 0 ? -1 : label + nClusters)));
    nClusters += alone.vectors.shape[0];
  }
  return { labels, vectors: clusterVectors(vectors, labels, nClusters) };
}

const everyCluster = { bySize: true, minSize: 1, minClusterParticipants: 1 };

function checked({ eps, minVoxels = 5 }: PooledOptions): number {
  checkEps(eps);
  if (!Number.isInteger(minVoxels) || minVoxels < 1) {
    throw new InputError('minVoxels', minVoxels, 'an integer of at least 1');
  }
  return similarityLimit(eps);
}

async function dbscan(pool: VectorPool, limit: number, options: PooledOptions, engine: PairEngine) {
  const counts = await engine.count(pool, limit, options);
  const { minVoxels = 5 } = options;
  const core = Uint8Array.from(counts, (n, i) => (n + 1 >= minVoxels && pool.squares[i]! > 0 ? 1 : 0));
  return labelVoxels(pool, core, limit, 'nearest', engine, options);
}

import type { Matrix } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { clusterConcepts } from './clusterConcepts.js';
import { type ConceptHierarchy, conceptHierarchy } from './conceptHierarchy.js';
import { familyWiseP } from './familyWiseP.js';
import type { Clusters, PairOptions } from './types.js';

export interface SignificanceOptions extends PairOptions {
  /** Draws of the null; the smallest p is 1 / (nDraws + 1). Default 99. */
  nDraws?: number;
}

/** Family-wise p-values, one a cluster. */
export interface ClusterSignificance {
  /**
   * By voxels; for a hierarchy by core voxels, since its clusters have an eps each and the border of a loose one would
   * count for more than its core.
   */
  readonly size: Float64Array;
  /** By persistence; only for a hierarchy. */
  readonly persistence?: Float64Array;
  /** Largest size and persistence of any cluster in each draw: what the p-values are read from. */
  readonly nullSize: Float64Array;
  readonly nullPersistence?: Float64Array;
}

/**
 * How often chance gives a cluster as large (or persistent): p_k = (1 + #{draws whose largest ≥ cluster k's}) /
 * (nDraws + 1). The largest of each draw makes it family-wise: under the null, any cluster at p ≤ α occurs in a share
 * α of studies. Each draw is clustered as the data were.
 *
 * @param observed what {@link clusterConcepts} or {@link conceptHierarchy} found
 * @param nullVectors vectors of every participant of draw 0 … nDraws − 1, made as the data's own but under the null:
 *   {@link nullTuning}, or from saved null decoders
 */
export async function clusterSignificance(
  observed: Clusters | ConceptHierarchy,
  nullVectors: (draw: number) => Promise<readonly Matrix[]>,
  options: SignificanceOptions = {},
): Promise<ClusterSignificance> {
  const { nDraws = 99, signal, onProgress, ...pairs } = options;
  if (!Number.isInteger(nDraws) || nDraws < 1) throw new InputError('nDraws', nDraws, 'a positive integer');
  const [nullSize, nullPersistence] = [new Float64Array(nDraws), new Float64Array(nDraws)];
  for (let draw = 0; draw < nDraws; draw++) {
    throwIfAborted(signal, 'significance');
    const vectors = await nullVectors(draw);
    if ('branches' in observed) {
      const found = await conceptHierarchy(vectors, { ...pairs, ...observed.parameters, signal });
      nullSize[draw] = Math.max(0, ...sizesOf(found));
      nullPersistence[draw] = Math.max(0, ...persistenceOf(found));
    } else {
      const { eps, minParticipants } = observed;
      nullSize[draw] = Math.max(
        0,
        ...sizesOf(await clusterConcepts(vectors, { ...pairs, eps, minParticipants, signal })),
      );
    }
    onProgress?.({ label: 'null draws', done: draw + 1, total: nDraws });
  }
  const size = familyWiseP(sizesOf(observed), nullSize);
  if (!('branches' in observed)) return { size, nullSize };
  return {
    size,
    nullSize,
    persistence: familyWiseP(persistenceOf(observed), nullPersistence),
    nullPersistence,
  };
}

function sizesOf(found: Clusters | ConceptHierarchy): number[] {
  const { nClusters } = found;
  const counts = 'branches' in found ? found.coreCounts : found.counts;
  const nParticipants = counts.shape[1]!;
  const own = (k: number) => counts.data.subarray(k * nParticipants, (k + 1) * nParticipants);
  return Array.from({ length: nClusters }, (_, k) => own(k).reduce((a, b) => a + b, 0));
}

function persistenceOf({ selected, branches }: ConceptHierarchy): number[] {
  return selected.map((b) => branches[b]!.persistence);
}

import { adjustedRandIndex } from '../util/adjustedRandIndex.js';
import { type Matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { PlantedTruth } from './types.js';

/** How one planted concept fared. */
export interface PlantedRecovery {
  readonly name: string;
  readonly kind: 'shared' | 'rare' | 'private';
  readonly shared: boolean;
  /**
   * A shared concept is found by the cluster that is most of all it if precision, recall and a cosine reach their
   * thresholds. A concept that is not shared is found (and must not be) if it has a cluster at all.
   */
  readonly found: boolean;
  /** The cluster in which this concept's voxels are the majority (the largest share of them), null for none. */
  readonly cluster: number | null;
  /** Of the cluster's vector with the planted direction, and with that direction as the embeddings bend it. */
  readonly cosine: number | null;
  readonly bentCosine: number | null;
  /** Share of the cluster's voxels that are planted for it; share of the planted voxels that are in the cluster. */
  readonly precision: number | null;
  readonly recall: number | null;
  /** Planted voxels among those analysed. */
  readonly nPlanted: number;
  /** Participants that have it but no voxel in the cluster, and the reverse. */
  readonly missedParticipants: readonly number[];
  readonly wrongParticipants: readonly number[];
}

/** Planted beside found: the content of `recovery.json`. */
export interface RecoveryScore {
  readonly vectors?: string;
  readonly planted: readonly PlantedRecovery[];
  /** Clusters in which no shared concept has the majority. */
  readonly falseClusters: number;
  /** Further clusters of a shared concept that has one already. */
  readonly splitClusters: number;
  /** Adjusted Rand index of labels and planted shared labels, all else one class, over all voxels analysed. */
  readonly ari: number;
}

/** Options of {@link scoreRecovery}. */
export interface RecoveryOptions {
  /** Planted label of each analysed voxel, one array a participant. Default: the truth's, of the whole volume. */
  planted?: readonly Int32Array[];
  /** Name of the kind of vectors, passed through. */
  vectors?: string;
  /** Default 0.75. */
  minCosine?: number;
  /** Default 0.9; reaching either this or `minCosine` is enough. */
  minBentCosine?: number;
  /** Default 0.9. */
  minPrecision?: number;
  /** Default 0.9. */
  minRecall?: number;
}

/**
 * Scores clusters against what was planted.
 *
 * @param clusters labels before expansion (−1 noise), one array a participant, and the vector of each cluster;
 *   what `clusterConcepts` returns
 * @throws InputError if labels and planted labels differ in number, or a label has no vector
 * @example
 * const recovery = scoreRecovery(phantom.truth, clusters, { planted });
 * recovery.planted.filter((concept) => concept.shared && !concept.found); // missed
 */
export function scoreRecovery(
  truth: PlantedTruth,
  clusters: { readonly labels: readonly Int32Array[]; readonly vectors: Matrix },
  options: RecoveryOptions = {},
): RecoveryScore {
  const { minCosine = 0.75, minBentCosine = 0.9, minPrecision = 0.9, minRecall = 0.9 } = options;
  const planted = options.planted ?? truth.labels;
  const nClusters = clusters.vectors.shape[0];
  const table = countOverlaps(truth, planted, clusters.labels, nClusters);
  // The majority of each cluster, and for each concept the cluster that holds most of it among those.
  const majority = table.sizes.map((size, cluster) =>
    truth.concepts.findIndex((_, c) => 2 * table.at(c, cluster) > size),
  );
  const best = truth.concepts.map((_, concept) => {
    let chosen = -1;
    majority.forEach((of, cluster) => {
      if (of === concept && (chosen < 0 || table.at(concept, cluster) > table.at(concept, chosen)))
        chosen = cluster;
    });
    return chosen;
  });
  const recovered = truth.concepts.map((concept, c): PlantedRecovery => {
    const { name, kind, shared } = concept;
    const cluster = best[c]!;
    const nPlanted = table.planted[c]!;
    const none = { cluster: null, cosine: null, bentCosine: null, precision: null, recall: null };
    if (cluster < 0) {
      const missed = { missedParticipants: concept.participants, wrongParticipants: [] };
      return { name, kind, shared, found: false, ...none, nPlanted, ...missed };
    }
    const vector = rowOf(clusters.vectors, cluster);
    const cosine = cosineOf(vector, rowOf(truth.directions, c));
    const bentCosine = cosineOf(vector, rowOf(truth.bent, c));
    const precision = table.at(c, cluster) / table.sizes[cluster]!;
    const recall = table.at(c, cluster) / nPlanted;
    const inCluster = clusters.labels.flatMap((labels, p) => (labels.includes(cluster) ? [p] : []));
    const reaches =
      precision >= minPrecision &&
      recall >= minRecall &&
      (cosine >= minCosine || bentCosine >= minBentCosine);
    return {
      ...{ name, kind, shared, found: shared ? reaches : true },
      ...{ cluster, cosine, bentCosine, precision, recall, nPlanted },
      missedParticipants: concept.participants.filter((p) => !inCluster.includes(p)),
      wrongParticipants: inCluster.filter((p) => !concept.participants.includes(p)),
    };
  });
  const ofShared = majority.map((concept) => concept >= 0 && truth.concepts[concept]!.shared);
  const nShared = recovered.filter(({ shared, cluster }) => shared && cluster !== null).length;
  const sharedOnly = planted.map((list) => list.map((c) => (c >= 0 && truth.concepts[c]!.shared ? c : -1)));
  return {
    ...(options.vectors === undefined ? {} : { vectors: options.vectors }),
    planted: recovered,
    falseClusters: ofShared.filter((of) => !of).length,
    splitClusters: ofShared.filter((of) => of).length - nShared,
    ari: adjustedRandIndex(joined(sharedOnly), joined(clusters.labels)),
  };
}

/** Voxels by planted concept and cluster. */
function countOverlaps(
  truth: PlantedTruth,
  planted: readonly Int32Array[],
  labels: readonly Int32Array[],
  nClusters: number,
) {
  if (labels.length !== planted.length) {
    throw new InputError('participants with labels', labels.length, `${planted.length}, as in the truth`);
  }
  const counts = new Int32Array(truth.concepts.length * nClusters);
  const sizes = new Array<number>(nClusters).fill(0);
  const ofConcept = new Array<number>(truth.concepts.length).fill(0);
  labels.forEach((list, p) => {
    const known = planted[p]!;
    if (list.length !== known.length) {
      throw new InputError(`labels of participant ${p}`, list.length, `${known.length}, one a planted label`);
    }
    list.forEach((cluster, v) => {
      const concept = known[v]!;
      if (cluster >= nClusters)
        throw new InputError('label', cluster, `below ${nClusters}, the number of vectors`);
      if (cluster >= 0) sizes[cluster]!++;
      if (concept >= 0) ofConcept[concept]!++;
      if (cluster >= 0 && concept >= 0) counts[concept * nClusters + cluster]!++;
    });
  });
  return {
    sizes,
    planted: ofConcept,
    at: (concept: number, cluster: number) => counts[concept * nClusters + cluster]!,
  };
}

function cosineOf(a: Float32Array, b: Float32Array): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let d = 0; d < a.length; d++) {
    dot += a[d]! * b[d]!;
    aa += a[d]! ** 2;
    bb += b[d]! ** 2;
  }
  return dot / (Math.sqrt(aa * bb) || 1);
}

function joined(lists: readonly Int32Array[]): Int32Array {
  const out = new Int32Array(lists.reduce((sum, list) => sum + list.length, 0));
  let at = 0;
  for (const list of lists) {
    out.set(list, at);
    at += list.length;
  }
  return out;
}

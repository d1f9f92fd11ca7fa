import { type Matrix, type NdArray, ndarray } from '../util/array.js';
import { type ClusterOptions, clusterConcepts } from './clusterConcepts.js';
import { type ClusterMatch, type Labelled, matchClusters } from './matchClusters.js';
import type { Clusters, Nearest } from './types.js';

/** A clustering of the same voxels made again: from another rerun, or without some participants. */
export interface Repeat {
  readonly clusters: Labelled;
  /** For each of its participants the place in the reference; default all, in order. */
  readonly participants?: readonly number[];
}

/** How well each cluster comes back. */
export interface ClusterStability {
  /** Mean over the repeats of the overlap (Jaccard) with the matched cluster, 0 where there is none. */
  readonly reproducibility: Float64Array;
  /** Share of the repeats with a matched cluster. */
  readonly found: Float64Array;
  /** Mean cosine of the matched concept vectors; NaN if never found. */
  readonly cosine: Float64Array;
  readonly matches: readonly ClusterMatch[];
}

/**
 * How well clusters come back in repeats of the analysis: matched one to one by concept vectors (see
 * {@link matchClusters}), scored by the voxels they share.
 */
export function clusterStability(
  reference: Labelled,
  repeats: readonly Repeat[],
  minCosine = 0.5,
): ClusterStability {
  const matches = repeats.map(({ clusters, participants }) =>
    matchClusters(reference, clusters, minCosine, participants),
  );
  const perCluster = (value: (k: number) => number) =>
    Float64Array.from({ length: reference.vectors.shape[0] }, (_, k) => value(k));
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return {
    reproducibility: perCluster((k) => mean(matches.map((match) => match.overlap[k]!))),
    found: perCluster((k) => mean(matches.map((match) => (match.partner[k]! >= 0 ? 1 : 0)))),
    cosine: perCluster((k) =>
      mean(matches.filter((match) => match.partner[k]! >= 0).map((match) => match.cosine[k]!)),
    ),
    matches,
  };
}

/**
 * The clustering again without each participant in turn, for {@link clusterStability}. With minParticipants equal to
 * all the others, one fewer is asked for. With `nearest` the pass over all pairs is not made again: who is nearest in
 * one participant does not depend on who else is there.
 */
export async function leaveParticipantsOut(
  vectors: readonly Matrix[],
  options: ClusterOptions,
): Promise<(Repeat & { clusters: Clusters })[]> {
  const { nearest, minParticipants = 3, ...rest } = options;
  const repeats = [];
  for (let out = 0; out < vectors.length; out++) {
    const participants = vectors.map((_, p) => p).filter((p) => p !== out);
    const least = Math.min(minParticipants, participants.length - 1);
    const kept = participants.map((p) => vectors[p]!);
    repeats.push({
      clusters: await clusterConcepts(kept, {
        ...{ ...rest, minParticipants: least },
        ...(nearest ? { nearest: nearestAmong(nearest, participants) } : {}),
      }),
      participants,
    });
  }
  return repeats;
}

/** The nearest voxels of some participants among themselves. */
function nearestAmong({ similarity, voxel }: Nearest, participants: readonly number[]): Nearest {
  const take = <T extends Float64Array | Int32Array>({ data, shape }: NdArray<T>): NdArray<T> => {
    const [nVoxels, nAll] = shape as [number, number];
    const taken = data.slice(0, nVoxels * participants.length) as T;
    for (let v = 0; v < nVoxels; v++)
      for (const [q, p] of participants.entries()) taken[v * participants.length + q] = data[v * nAll + p]!;
    return ndarray(taken, [nVoxels, participants.length]);
  };
  return {
    similarity: participants.map((p) => take(similarity[p]!)),
    voxel: participants.map((p) => take(voxel[p]!)),
  };
}

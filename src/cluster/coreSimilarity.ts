import { similarityLimit } from '../engine/pairs.js';
import { ndarray } from '../util/array.js';
import { checkMinParticipants } from './checks.js';
import type { Nearest } from './types.js';

/**
 * Each voxel's participant core similarity: the minParticipants-th largest of its nearest cosines to the other
 * participants. The voxel is a core point at exactly those eps with 1 − core similarity < eps.
 *
 * @returns one nVoxels array a participant; −Infinity where fewer than minParticipants have any neighbour
 */
export function coreSimilarity(nearest: Nearest, minParticipants: number): Float64Array[] {
  const nParticipants = nearest.similarity.length;
  checkMinParticipants(minParticipants, nParticipants);
  const sorted = new Float64Array(nParticipants);
  return nearest.similarity.map(({ data, shape }) =>
    Float64Array.from({ length: shape[0]! }, (_, v) => {
      for (let q = 0; q < nParticipants; q++) {
        const s = data[v * nParticipants + q]!;
        sorted[q] = Number.isNaN(s) ? Number.NEGATIVE_INFINITY : s;
      }
      sorted.sort();
      return sorted[nParticipants - minParticipants]!;
    }),
  );
}

/**
 * How many voxels are core points at each eps, by participant: what a chart over eps shows.
 *
 * @param eps any number of values in (0, 2)
 * @returns nEps × nParticipants
 */
export function countCores(nearest: Nearest, minParticipants: number, eps: ArrayLike<number>) {
  const levels = coreSimilarity(nearest, minParticipants).map((level) => level.sort());
  const counts = new Int32Array(eps.length * levels.length);
  for (let e = 0; e < eps.length; e++) {
    const limit = similarityLimit(eps[e]!);
    levels.forEach((level, p) => {
      let [low, high] = [0, level.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if (level[middle]! > limit) high = middle;
        else low = middle + 1;
      }
      counts[e * levels.length + p] = level.length - low;
    });
  }
  return ndarray(counts, [eps.length, levels.length]);
}

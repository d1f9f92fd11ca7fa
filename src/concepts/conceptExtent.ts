import type { ColumnTable } from 'arquero';
import type { VoxelTable } from '../prepare/index.js';
import {
  InputError,
  nextTurn,
  type RandomStream,
  randomStream,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { type ConceptVoxels, countConcepts, nameOf, voxelsByConcept } from './conceptVoxels.js';
import { meanAndSd } from './extremes.js';
import { patchSizes, voxelNeighbours } from './patches.js';
import { spatialNull } from './spatialNull.js';

export interface ConceptExtentOptions extends WorkOptions {
  /** Column of the voxel table with pRF eccentricities (degrees); default none. */
  eccentricity?: string;
  /** Random sets and placements; default 500. */
  nPermutations?: number;
  /** Master seed; default 0. */
  seed?: number;
}

/** How concepts are spread over the brain: what {@link conceptExtent} finds. */
export interface ConceptExtent {
  /**
   * One row a concept and participant that has it. `concept`, `participant`, `nVoxels`, `nLeft`, `nRight`;
   * `laterality` = (l − r) / (l + r), l and r the shares of the hemispheres' analysed voxels (1: left only);
   * `nPatches`, `largestPatchShare` (of the concept's voxels in its largest contiguous patch), with
   * `expectedPatchShare` and `pPatch` from random sets of as many voxels in each hemisphere; `spreadMm`
   * (root mean square distance from the centroid, within hemispheres), with `expectedSpreadMm`;
   * `eccentricity` (median, degrees), `eccentricityAll` (of all analysed voxels) and `pEccentricity` (two-sided,
   * from random placements that keep the shape). NaN where the table lacks what is needed.
   */
  readonly byParticipant: ColumnTable;
  /**
   * One row a concept: `nParticipants`, mean `laterality` and `pLaterality`, by exact sign flips over participants
   * (two-sided; the smallest possible is 2 / 2^nParticipants, 0.0078 for eight).
   */
  readonly pooled: ColumnTable;
}

/**
 * How the voxels of each concept are spread: over the hemispheres, in patches or scattered, near or far, foveal or
 * peripheral.
 *
 * @throws InputError for an unknown eccentricity column or sizes that do not fit
 */
export async function conceptExtent(
  participants: readonly ConceptVoxels[],
  options: ConceptExtentOptions = {},
): Promise<ConceptExtent> {
  const nConcepts = countConcepts(participants);
  const rows: Row[] = [];
  for (const [p, own] of participants.entries()) {
    const neighbours = voxelNeighbours(own.voxels, own.spheres);
    const sets = voxelsByConcept(own, nConcepts);
    const members = sideMembers(own.voxels);
    for (const [concept, set] of sets.entries()) {
      throwIfAborted(options.signal, 'measuring extents');
      await nextTurn();
      if (!set.length) continue;
      const random = randomStream(options.seed ?? 0, 'extent', nameOf(own, p), concept);
      const sides = sideCounts(own.voxels, set);
      const { nLeft, nRight } = sides;
      const counts = own.voxels.hemisphere ? [nLeft, nRight, set.length - nLeft - nRight] : [set.length];
      const draws = Array.from({ length: options.nPermutations ?? 500 }, () =>
        randomSet(members, counts, random),
      );
      rows.push({
        ...{ concept, participant: nameOf(own, p), nVoxels: set.length, ...sides },
        ...(neighbours
          ? contiguity(set, draws, (voxels) => patchSizes(voxels, neighbours))
          : {
              nPatches: Number.NaN,
              largestPatchShare: Number.NaN,
              expectedPatchShare: Number.NaN,
              pPatch: Number.NaN,
            }),
        spreadMm: spread(own.voxels, set),
        expectedSpreadMm: meanAndSd(Float64Array.from(draws, (draw) => spread(own.voxels, draw))).mean,
        ...eccentricity(own, set, random, options),
      });
    }
  }
  const { table } = await import('arquero');
  const columns = (list: Row[]) =>
    table(Object.fromEntries(Object.keys(list[0] ?? {}).map((name) => [name, list.map((row) => row[name])])));
  const pooled = Array.from({ length: nConcepts }, (_, concept) => {
    const values = rows.filter((row) => row['concept'] === concept).map((row) => row['laterality'] as number);
    const known = values.filter((value) => !Number.isNaN(value));
    return {
      ...{ concept, nParticipants: values.length },
      laterality: known.reduce((sum, value) => sum + value, 0) / known.length,
      pLaterality: known.length ? signFlipP(known) : Number.NaN,
    };
  });
  return { byParticipant: columns(rows), pooled: columns(pooled) };
}

type Row = Record<string, string | number>;
type Sides = { nLeft: number; nRight: number; laterality: number };

function sideCounts({ hemisphere, nVoxels }: VoxelTable, set: Int32Array): Sides {
  if (!hemisphere) return { nLeft: Number.NaN, nRight: Number.NaN, laterality: Number.NaN };
  let [nLeft, nRight, allLeft, allRight] = [0, 0, 0, 0];
  for (let v = 0; v < nVoxels; v++) {
    if (hemisphere[v] === 'left') allLeft++;
    else if (hemisphere[v] === 'right') allRight++;
  }
  for (const v of set) {
    if (hemisphere[v] === 'left') nLeft++;
    else if (hemisphere[v] === 'right') nRight++;
  }
  const [l, r] = [nLeft / allLeft, nRight / allRight];
  return { nLeft, nRight, laterality: (l - r) / (l + r) };
}

/** As many voxels at random, as many of them in each hemisphere: the first of a shuffle that goes no further. */
function randomSet(
  members: readonly Int32Array[],
  counts: readonly number[],
  random: RandomStream,
): Int32Array {
  const drawn = new Int32Array(counts.reduce((a, b) => a + b, 0));
  let at = 0;
  members.forEach((own, side) => {
    for (let i = 0; i < counts[side]!; i++) {
      const j = i + random.integer(own.length - i);
      [own[i], own[j]] = [own[j]!, own[i]!];
      drawn[at++] = own[i]!;
    }
  });
  return drawn;
}

/** The voxels of each hemisphere, and those of neither; one group where hemispheres are not known. */
function sideMembers({ hemisphere, nVoxels }: VoxelTable): Int32Array[] {
  const all = Int32Array.from({ length: nVoxels }, (_, v) => v);
  if (!hemisphere) return [all];
  return (['left', 'right', ''] as const).map((side) => all.filter((v) => hemisphere[v] === side));
}

function contiguity(set: Int32Array, draws: readonly Int32Array[], sizes: (set: Int32Array) => number[]) {
  const own = sizes(set);
  const largestPatchShare = own[0]! / set.length;
  const others = Float64Array.from(draws, (draw) => sizes(draw)[0]! / set.length);
  const reached = others.filter((value) => value >= largestPatchShare).length;
  return {
    ...{ nPatches: own.length, largestPatchShare, expectedPatchShare: meanAndSd(others).mean },
    pPatch: (1 + reached) / (1 + draws.length),
  };
}

/** Root mean square distance from the centroid of the voxels of the same hemisphere. */
function spread({ xyzMm, hemisphere }: VoxelTable, set: Int32Array): number {
  if (!xyzMm) return Number.NaN;
  const counts = [0, 0, 0];
  const centroids = new Float64Array(9);
  const sideOf = (v: number) => (hemisphere?.[v] === 'left' ? 0 : hemisphere?.[v] === 'right' ? 1 : 2);
  for (const v of set) {
    const side = sideOf(v);
    counts[side]!++;
    for (let axis = 0; axis < 3; axis++) centroids[3 * side + axis]! += xyzMm[3 * v + axis]!;
  }
  for (let i = 0; i < 9; i++) centroids[i]! /= counts[Math.floor(i / 3)]! || 1;
  let squares = 0;
  for (const v of set) {
    const side = sideOf(v);
    for (let axis = 0; axis < 3; axis++) squares += (xyzMm[3 * v + axis]! - centroids[3 * side + axis]!) ** 2;
  }
  return Math.sqrt(squares / set.length);
}

function eccentricity(
  own: ConceptVoxels,
  set: Int32Array,
  random: RandomStream,
  options: ConceptExtentOptions,
) {
  if (options.eccentricity === undefined) {
    return { eccentricity: Number.NaN, eccentricityAll: Number.NaN, pEccentricity: Number.NaN };
  }
  const values = own.voxels.values[options.eccentricity];
  if (!values) {
    const there = Object.keys(own.voxels.values).join(', ') || '(none there)';
    throw new InputError('eccentricity column', options.eccentricity, `one of ${there}`);
  }
  const medianOf = (voxels: ArrayLike<number>) => {
    const known = Array.from(voxels, (v) => (v < 0 ? Number.NaN : values[v]!)).filter(
      (value) => !Number.isNaN(value),
    );
    return known.sort((a, b) => a - b)[known.length >> 1] ?? Number.NaN;
  };
  const place = spatialNull(own.voxels, own.spheres);
  const found = medianOf(set);
  const all = medianOf(values.map((_, v) => v));
  const draws = Array.from({ length: options.nPermutations ?? 500 }, () =>
    medianOf(place.place(set, random)),
  );
  const above = draws.filter((value) => value >= found).length;
  const below = draws.filter((value) => value <= found).length;
  const p = Math.min(1, (2 * (1 + Math.min(above, below))) / (1 + draws.length));
  return { eccentricity: found, eccentricityAll: all, pEccentricity: Number.isNaN(found) ? Number.NaN : p };
}

/** Two-sided p of a mean by sign flips: all of them up to 16 values, else 65,536 drawn ones. */
export function signFlipP(values: readonly number[]): number {
  const n = Math.min(values.length, 16);
  const observed = Math.abs(values.reduce((sum, value) => sum + value, 0));
  const random = randomStream(0, 'sign flips');
  let reached = 0;
  for (let flips = 0; flips < 2 ** n; flips++) {
    const bits = values.length > 16 ? undefined : flips;
    let sum = 0;
    for (const [i, value] of values.entries()) {
      sum += (bits === undefined ? random.uint32() & 1 : (bits >> i) & 1) ? value : -value;
    }
    if (Math.abs(sum) >= observed - 1e-12) reached++;
  }
  return values.length > 16 ? (1 + reached) / (1 + 65536) : reached / 2 ** n;
}

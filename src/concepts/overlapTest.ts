import { meanAndSd } from './extremes.js';

/** A concept's shares in the regions of one system, with their null distributions. */
export interface RegionTest {
  readonly names: readonly string[];
  /** Analysed voxels in each region, and those of them in the concept. */
  readonly nRegion: readonly number[];
  readonly nOverlap: readonly number[];
  readonly shares: readonly number[];
  /** Share of each random placement, by region. */
  readonly nulls: readonly Float64Array[];
  at(region: number): Comparison;
}

/** An observed share against its null. */
export interface Comparison {
  readonly share: number;
  readonly expected: number;
  readonly z: number;
  readonly p: number;
  readonly pCorrected: number;
}

/** Counts a set of voxels and its placements by region. */
export function overlapTest(
  set: Int32Array,
  placements: readonly Int32Array[],
  regions: readonly string[],
): RegionTest {
  const names = [...new Set(regions)].filter((name) => name !== '').sort();
  const numbers = new Map(names.map((name, r) => [name, r]));
  const regionOf = Int32Array.from(regions, (name) => numbers.get(name) ?? -1);
  const count = (voxels: Iterable<number>) => {
    const counts = new Float64Array(names.length);
    let landed = 0;
    for (const v of voxels) {
      if (v < 0) continue;
      landed++;
      if (regionOf[v]! >= 0) counts[regionOf[v]!]!++;
    }
    return { counts, landed };
  };
  const own = count(set).counts;
  const shares = Array.from(own, (n) => n / set.length);
  const nulls = names.map(() => new Float64Array(placements.length));
  for (const [i, placement] of placements.entries()) {
    const { counts, landed } = count(placement);
    for (let r = 0; r < names.length; r++) nulls[r]![i] = landed ? counts[r]! / landed : 0;
  }
  return {
    ...{ names, shares, nulls, nOverlap: Array.from(own) },
    nRegion: Array.from(count(regionOf.keys()).counts),
    at: overlapTest.compare(shares, nulls),
  };
}

/** p-values of observed shares: alone, and against the largest z over all regions. */
overlapTest.compare = (shares: readonly number[], nulls: readonly Float64Array[]) => {
  const nPermutations = nulls[0]?.length ?? 0;
  const stats = nulls.map(meanAndSd);
  const zOf = (value: number, r: number) => {
    const { mean, sd } = stats[r]!;
    return sd > 1e-12 ? (value - mean) / sd : 0;
  };
  const largest = Float64Array.from({ length: nPermutations }, (_, i) =>
    nulls.reduce((most, own, r) => Math.max(most, zOf(own[i]!, r)), -Infinity),
  );
  return (r: number): Comparison => {
    const share = shares[r]!;
    const z = zOf(share, r);
    // Sums in another order differ in the last digits: equal shares count as reached.
    const reached = (values: Float64Array, value: number) =>
      (1 + values.reduce((n, other) => n + (other >= value - 1e-9 ? 1 : 0), 0)) / (1 + nPermutations);
    return {
      ...{ share, expected: stats[r]!.mean, z },
      ...{ p: reached(nulls[r]!, share), pCorrected: reached(largest, z) },
    };
  };
};

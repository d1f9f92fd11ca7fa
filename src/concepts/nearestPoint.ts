/** Finds points in space by position: a hash of cubic cells. */
export interface PointIndex {
  /** Index of the nearest point within the tolerance, −1 if there is none; ties: the lowest index. */
  nearest(x: number, y: number, z: number): number;
  readonly tolerance: number;
}

/**
 * Indexes the given points for nearest-neighbour look-ups within a distance. O(n) to build and about O(1) a look-up
 * where the tolerance is near the points' spacing.
 *
 * @param positions n × 3
 * @param members which points to index
 */
export function indexPoints(
  positions: Float32Array,
  members: ArrayLike<number>,
  tolerance: number,
): PointIndex {
  const cells = new Map<number, number[]>();
  const cell = (value: number) => Math.floor(value / tolerance);
  // Distinct cells within ±2^16 of the origin have distinct keys.
  const key = (i: number, j: number, k: number) =>
    ((i + 65536) * 131072 + (j + 65536)) * 131072 + (k + 65536);
  for (let m = 0; m < members.length; m++) {
    const p = members[m]!;
    const at = key(cell(positions[3 * p]!), cell(positions[3 * p + 1]!), cell(positions[3 * p + 2]!));
    const inCell = cells.get(at);
    if (inCell) inCell.push(p);
    else cells.set(at, [p]);
  }
  return {
    tolerance,
    nearest(x, y, z) {
      let best = -1;
      let smallest = tolerance * tolerance * (1 + 1e-9);
      const [ci, cj, ck] = [cell(x), cell(y), cell(z)];
      for (let i = ci - 1; i <= ci + 1; i++) {
        for (let j = cj - 1; j <= cj + 1; j++) {
          for (let k = ck - 1; k <= ck + 1; k++) {
            for (const p of cells.get(key(i, j, k)) ?? []) {
              const squared =
                (positions[3 * p]! - x) ** 2 +
                (positions[3 * p + 1]! - y) ** 2 +
                (positions[3 * p + 2]! - z) ** 2;
              if (squared < smallest || (squared === smallest && p < best)) {
                smallest = squared;
                best = p;
              }
            }
          }
        }
      }
      return best;
    },
  };
}

/**
 * Median distance from a point to its nearest neighbour at another place, from at most 200 points. O(200 n).
 * NaN if all points lie in one place.
 */
export function medianSpacing(positions: Float32Array): number {
  const n = positions.length / 3;
  const step = Math.max(1, Math.floor(n / 200));
  const distances: number[] = [];
  for (let a = 0; a < n; a += step) {
    let smallest = Infinity;
    for (let b = 0; b < n; b++) {
      let squared = 0;
      for (let axis = 0; axis < 3; axis++)
        squared += (positions[3 * a + axis]! - positions[3 * b + axis]!) ** 2;
      if (squared > 1e-8 && squared < smallest) smallest = squared;
    }
    if (smallest < Infinity) distances.push(Math.sqrt(smallest));
  }
  return distances.sort((a, b) => a - b)[distances.length >> 1] ?? Number.NaN;
}

/** Finds points in space by position. */
export interface PointIndex {
  /** Index of the nearest point within the tolerance, −1 if there is none; ties: the lowest index. */
  nearest(x: number, y: number, z: number): number;
  readonly tolerance: number;
}

/**
 * Indexes the given points for nearest-neighbour look-ups within a distance: a grid of cubic cells of that size over
 * their bounding box (at most 2^22 cells; larger cells if need be). O(n) to build and about O(1) a look-up where the
 * tolerance is near the points' spacing.
 *
 * @param positions n × 3
 * @param members which points to index, all of finite position
 */
export function indexPoints(
  positions: Float32Array,
  members: ArrayLike<number>,
  tolerance: number,
): PointIndex {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let m = 0; m < members.length; m++) {
    for (let axis = 0; axis < 3; axis++) {
      const value = positions[3 * members[m]! + axis]!;
      low[axis] = Math.min(low[axis]!, value);
      high[axis] = Math.max(high[axis]!, value);
    }
  }
  let size = tolerance;
  const cellsAlong = () => low.map((value, axis) => Math.floor((high[axis]! - value) / size) + 1);
  while (cellsAlong().reduce((a, b) => a * b, 1) > 4194304) size *= 1.5;
  const [ni, nj, nk] = cellsAlong() as [number, number, number];
  const cell = (value: number, axis: number) => Math.floor((value - low[axis]!) / size);
  // Points sorted by cell, and where each cell starts.
  const starts = new Int32Array(ni * nj * nk + 1);
  const cellOf = Int32Array.from(members as ArrayLike<number>, (p) => {
    const [i, j, k] = [0, 1, 2].map((axis) => cell(positions[3 * p + axis]!, axis));
    return (i! * nj + j!) * nk + k!;
  });
  for (const c of cellOf) starts[c + 1]!++;
  for (let c = 0; c < ni * nj * nk; c++) starts[c + 1]! += starts[c]!;
  const sorted = new Int32Array(members.length);
  const next = starts.slice();
  cellOf.forEach((c, m) => {
    sorted[next[c]!++] = members[m]!;
  });
  return {
    tolerance,
    nearest(x, y, z) {
      let best = -1;
      let smallest = tolerance * tolerance * (1 + 1e-9);
      const ci = cell(x, 0);
      const cj = cell(y, 1);
      const ck = cell(z, 2);
      for (let i = Math.max(0, ci - 1); i <= Math.min(ni - 1, ci + 1); i++) {
        for (let j = Math.max(0, cj - 1); j <= Math.min(nj - 1, cj + 1); j++) {
          const line = (i * nj + j) * nk;
          const end = starts[line + Math.min(nk - 1, ck + 1) + 1]!;
          if (ck + 1 < 0 || ck - 1 >= nk) continue;
          for (let at = starts[line + Math.max(0, ck - 1)]!; at < end; at++) {
            const p = sorted[at]!;
            const dx = positions[3 * p]! - x;
            const dy = positions[3 * p + 1]! - y;
            const dz = positions[3 * p + 2]! - z;
            const squared = dx * dx + dy * dy + dz * dz;
            if (squared < smallest || (squared === smallest && p < best)) {
              smallest = squared;
              best = p;
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

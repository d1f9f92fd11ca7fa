import { describe, expect, it } from 'vitest';
import { attachBorders } from '../../src/cluster/attachBorders.js';
import { matrix } from '../../src/util/array.js';

/** Rows 0–2 are participant 0's, 3–5 participant 1's, 6–8 participant 2's; rows 3, 4 and 6 are in clusters. */
const pool = { starts: Int32Array.from([0, 3, 6]) };
const clusterOf = Int32Array.from([-1, -1, -1, 0, 1, -1, 0, -1, -1]);
const reach = {
  cutAt: new Map([
    [0, 0.7],
    [1, 0.5],
  ]),
  reachAt: new Map([
    [0, 0.6],
    [1, 0.4],
  ]),
};

/** Borders of participant 0's three voxels, given the nearest voxel (and cosine) of participants 1 and 2 of each. */
function bordersOf(of: [[number, number], [number, number]][]) {
  const none = (rows: number, fill: number) => matrix(rows, 3, new Float32Array(rows * 3).fill(fill));
  const similarity = [none(3, Number.NaN), none(3, Number.NaN), none(3, Number.NaN)];
  const voxel = similarity.map((m) => ({ shape: m.shape, data: new Int32Array(9).fill(-1) }));
  for (const [v, pair] of of.entries()) {
    for (const [k, [nearest, cosine]] of pair.entries()) {
      voxel[0]!.data[3 * v + 1 + k] = nearest;
      similarity[0]!.data[3 * v + 1 + k] = cosine;
    }
  }
  const nearest = { similarity, voxel } as unknown as Parameters<typeof attachBorders>[1];
  return [...attachBorders(pool, nearest, clusterOf, reach).slice(0, 3)];
}

describe('attachBorders', () => {
  it('takes the nearest cluster within its eps, whatever is nearer', () => {
    // Voxel 0 of participant 1 is row 3 (cluster 0), voxel 1 row 4 (cluster 1), voxel 2 no cluster's.
    expect(
      bordersOf([
        [
          [0, 0.75],
          [0, 0.72],
        ],
        [
          [1, 0.55],
          [1, 0.9],
        ],
        [
          [1, 0.55],
          [0, 0.65],
        ],
      ]),
    ).toEqual([0, 1, 1]);
  });

  it('beyond an eps takes only what has a core voxel as its nearest of all, within reach', () => {
    expect(
      bordersOf([
        [
          [0, 0.65],
          [1, 0.5],
        ],
        [
          [0, 0.65],
          [1, 0.66],
        ],
        [
          [0, 0.59],
          [1, 0.3],
        ],
      ]),
    ).toEqual([0, -1, -1]);
  });
});

import { describe, expect, it } from 'vitest';
import { conceptExtent, regionOverlap, spatialNull } from '../../src/concepts/index.js';
import { patchSizes, voxelNeighbours } from '../../src/concepts/patches.js';
import { randomStream } from '../../src/util/index.js';
import { indexPoints, medianSpacing } from '../../src/util/nearestPoint.js';
import { highest, parcels, smoothField, sphericalBrain, volumeBrain } from './brains.js';

const whole = sphericalBrain(500, () => true);
const posterior = sphericalBrain(1200, (_x, y) => y < -0.2);
const block = volumeBrain(10, () => true);
const shell = volumeBrain(16, (i, j, k) => {
  const r = Math.hypot(i - 7.5, j - 7.5, k - 7.5);
  return r < 7.5 && r > 5.5;
});

describe('indexPoints', () => {
  it('finds the nearest point within the tolerance, as a search of all does', () => {
    const random = randomStream(4, 'points');
    const positions = random.normals(new Float32Array(3 * 300));
    const members = Int32Array.from({ length: 150 }, (_, i) => 2 * i);
    const index = indexPoints(positions, members, 0.4);
    let found = 0;
    for (let query = 0; query < 500; query++) {
      const [x, y, z] = [random.normal(), random.normal(), random.normal()];
      const distance = (p: number) =>
        Math.hypot(positions[3 * p]! - x, positions[3 * p + 1]! - y, positions[3 * p + 2]! - z);
      const best = members.reduce((a, b) => (distance(b) < distance(a) ? b : a));
      expect(index.nearest(x, y, z)).toBe(distance(best) <= 0.4 ? best : -1);
      if (distance(best) <= 0.4) found++;
    }
    expect(found).toBeGreaterThan(50);
    expect(found).toBeLessThan(450);
  });

  it('measures the spacing of a lattice', () => {
    expect(medianSpacing(block.voxels.xyzMm!)).toBeCloseTo(2, 6);
    expect(medianSpacing(new Float32Array(9))).toBeNaN();
  });
});

describe('spatialNull', () => {
  it('spins where there are spheres: distances on the sphere are kept to the spacing', () => {
    const { kind, place } = spatialNull(whole.voxels, whole.spheres);
    expect(kind).toBe('spin');
    const set = Int32Array.from({ length: 20 }, (_, i) => 40 + i);
    const { vertices } = whole.spheres.left;
    const apart = (a: number, b: number) =>
      Math.hypot(...[0, 1, 2].map((axis) => vertices[3 * a + axis]! - vertices[3 * b + axis]!));
    const random = randomStream(0, 'spin');
    const seen = new Set<number>();
    for (let draw = 0; draw < 50; draw++) {
      const placed = place(set, random);
      seen.add(placed[0]!);
      for (let i = 1; i < set.length; i++) {
        expect(placed[i]).toBeGreaterThanOrEqual(0);
        expect(placed[i]).toBeLessThan(500);
        expect(Math.abs(apart(placed[0]!, placed[i]!) - apart(set[0]!, set[i]!))).toBeLessThan(2 * 15);
      }
    }
    expect(seen.size).toBeGreaterThan(35);
  });

  it('moves mirrored sets of both hemispheres alike', () => {
    const { voxels, spheres } = sphericalBrain(500, () => true);
    const mirrored = {
      ...spheres,
      right: { ...spheres.right, vertices: spheres.left.vertices.map((x, i) => (i % 3 ? x : -x)) },
    };
    const { place } = spatialNull(voxels, mirrored);
    const set = Int32Array.from([10, 20, 30, 510, 520, 530]);
    for (let draw = 0; draw < 20; draw++) {
      const placed = place(set, randomStream(draw, 'mirror'));
      for (let i = 0; i < 3; i++) expect(placed[i + 3]).toBe(placed[i]! + 500);
    }
  });

  it('shifts in the volume: what lands keeps its offsets exactly', () => {
    const { kind, place } = spatialNull(block.voxels);
    expect(kind).toBe('shift');
    const set = Int32Array.of(0, 1, 10, 11, 100);
    const placed = place(set, randomStream(1, 'shift'));
    const at = (v: number) => Array.from(block.voxels.ijk!.subarray(3 * v, 3 * v + 3));
    const offset = (v: number, i: number) => at(v).map((value, axis) => value - at(set[i]!)[axis]!);
    const first = placed.findIndex((v) => v >= 0);
    let exact = 0;
    for (const [i, v] of placed.entries())
      if (v >= 0 && `${offset(v, i)}` === `${offset(placed[first]!, first)}`) exact++;
    expect(exact).toBeGreaterThanOrEqual(3);
  });

  it('names what is missing', () => {
    expect(() => spatialNull({ nVoxels: 2, rois: {}, values: {} })).toThrow(
      'positions of the voxels are not there',
    );
    expect(() => spatialNull({ nVoxels: 1, rois: {}, values: {} }, {})).toThrow('vertices and hemispheres');
    const beyond = { ...whole.voxels, vertex: whole.voxels.vertex!.map(() => 500) };
    expect(() => spatialNull(beyond, whole.spheres)).toThrow('vertex of voxel 0 is 500; must be below 500');
  });
});

describe('regionOverlap', () => {
  it('rejects at most its level for random sets, smooth and rough, on spheres, parts of them, and volumes', async () => {
    const brains = { whole, posterior, block, shell };
    for (const [name, brain] of Object.entries(brains)) {
      const [coarse, fine] = brain.spheres ? [30, 15] : [8, 4];
      const voxels = { ...brain.voxels, rois: { map: parcels(brain, 6, coarse) } };
      let [studies, single, family, tests] = [0, 0, 0, 0];
      for (const width of [0, fine]) {
        for (let study = 0; study < 40; study++) {
          const random = randomStream(study, 'null sets', name, width);
          const field = width
            ? smoothField(brain, width, random)
            : random.normals(new Float64Array(voxels.nVoxels));
          const { byParticipant } = await regionOverlap(
            [{ voxels, spheres: brain.spheres, labels: highest(field, 0.05) }],
            { nPermutations: 59, seed: study },
          );
          studies++;
          for (const p of byParticipant.array('p') as number[]) {
            tests++;
            if (p <= 0.05) single++;
          }
          if ((byParticipant.array('pCorrected') as number[]).some((p) => p <= 0.05)) family++;
        }
      }
      expect(tests / studies, name).toBeGreaterThan(3);
      // Regions of one study share their placements: the studies, not the tests, are independent.
      const limit = 0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / studies);
      expect(single / tests, name).toBeLessThan(limit);
      expect(family / studies, name).toBeLessThan(limit);
    }
  });

  it('finds a planted patch, counts exactly, and pools over participants', async () => {
    for (const brain of [whole, posterior, block]) {
      const centre = 3 * Math.floor(brain.voxels.nVoxels / 3);
      const radius = brain.spheres ? 35 : 5;
      const near = (v: number, r: number) =>
        Math.hypot(
          ...[0, 1, 2].map(
            (axis) => brain.voxels.xyzMm![3 * v + axis]! - brain.voxels.xyzMm![centre + axis]!,
          ),
        ) < r;
      const all = Array.from({ length: brain.voxels.nVoxels }, (_, v) => v);
      const roi = all.map((v) => (near(v, radius) ? 'patch' : near(v, 2 * radius) ? 'ring' : ''));
      const voxels = { ...brain.voxels, rois: { map: roi, other: roi.map(() => 'all') } };
      const labels = Int32Array.from(all, (v) => (near(v, radius) ? 0 : -1));
      const nPatch = labels.filter((label) => label === 0).length;
      const one = { voxels, labels, spheres: brain.spheres };
      const { byParticipant, pooled, nulls } = await regionOverlap([one, { ...one, participant: 'second' }], {
        nPermutations: 199,
      });
      expect(nulls).toEqual(brain.spheres ? ['spin', 'spin'] : ['shift', 'shift']);
      const rows = byParticipant.objects() as Record<string, number | string>[];
      const patch = rows.find((row) => row['region'] === 'patch' && row['participant'] === 'second')!;
      expect(patch).toMatchObject({
        nConcept: nPatch,
        nRegion: nPatch,
        nOverlap: nPatch,
        share: 1,
        concept: 0,
      });
      expect(patch['pCorrected']).toBeLessThan(0.05);
      const ring = rows.find((row) => row['region'] === 'ring')!;
      expect(ring).toMatchObject({ nOverlap: 0, share: 0, p: 1 });
      const everywhere = rows.find((row) => row['region'] === 'all')!;
      expect(everywhere).toMatchObject({ share: 1, expected: 1, p: 1 });
      const both = (pooled.objects() as Record<string, number | string>[]).find(
        (row) => row['region'] === 'patch',
      )!;
      expect(both).toMatchObject({ nParticipants: 2, share: 1 });
      expect(both['pCorrected']).toBeLessThan(0.02);
    }
  });

  it('gives the same table for the same seed, and names an unknown system', async () => {
    const voxels = { ...block.voxels, rois: { map: parcels(block, 5, 8) } };
    const labels = highest(smoothField(block, 4, randomStream(0, 'once')), 0.05);
    const run = async (seed: number) =>
      (await regionOverlap([{ voxels, labels }], { nPermutations: 30, seed })).byParticipant.objects();
    expect(await run(1)).toEqual(await run(1));
    expect(await run(1)).not.toEqual(await run(2));
    await expect(regionOverlap([{ voxels, labels }], { systems: ['floc'] })).rejects.toThrow(
      'ROI system is "floc"; must be one of map',
    );
    await expect(regionOverlap([{ voxels, labels: labels.slice(1) }])).rejects.toThrow(
      'number of labelled voxels',
    );
  });
});

describe('conceptExtent', () => {
  const inBlock = (v: number) =>
    Array.from(block.voxels.ijk!.subarray(3 * v, 3 * v + 3)) as [number, number, number];
  const all = Array.from({ length: block.voxels.nVoxels }, (_, v) => v);
  const eccentricity = Float32Array.from(all, (v) => inBlock(v)[2]);
  const voxels = { ...block.voxels, values: { eccentricity } };
  const patch = Int32Array.from(all, (v) => (inBlock(v).every((c) => c >= 1 && c <= 3) ? 0 : -1));
  const scattered = Int32Array.from(all, (v) => (inBlock(v).every((c) => c % 3 === 0) ? 0 : -1));
  const rowsOf = async (labels: Int32Array, nParticipants = 1) => {
    const own = Array.from({ length: nParticipants }, () => ({ voxels, labels }));
    const { byParticipant, pooled } = await conceptExtent(own, {
      eccentricity: 'eccentricity',
      nPermutations: 100,
    });
    return {
      row: byParticipant.object() as Record<string, number>,
      pooled: pooled.object() as Record<string, number>,
    };
  };

  it('tells one patch from scattered voxels', async () => {
    const { row } = await rowsOf(patch);
    expect(row).toMatchObject({
      nVoxels: 27,
      nPatches: 1,
      largestPatchShare: 1,
      nLeft: 27,
      nRight: 0,
      laterality: 1,
    });
    expect(row['pPatch']).toBeLessThan(0.05);
    expect(row['spreadMm']).toBeCloseTo(2 * Math.sqrt(2), 6);
    expect(row['expectedSpreadMm']).toBeGreaterThan(2 * row['spreadMm']!);
    const far = (await rowsOf(scattered)).row;
    expect(far).toMatchObject({ nVoxels: 64, nPatches: 64, largestPatchShare: 1 / 64, laterality: 0 });
    expect(far['pPatch']).toBe(1);
  });

  it('says how lateral over participants, with the exact sign-flip p', async () => {
    expect((await rowsOf(patch, 6)).pooled).toMatchObject({
      nParticipants: 6,
      laterality: 1,
      pLaterality: 2 / 64,
    });
    expect((await rowsOf(scattered, 6)).pooled).toMatchObject({ laterality: 0, pLaterality: 1 });
  });

  it('compares eccentricity with other places', async () => {
    const foveal = Int32Array.from(all, (v) => (inBlock(v)[2] === 0 ? 0 : -1));
    const { row } = await rowsOf(foveal);
    expect(row).toMatchObject({ eccentricity: 0, eccentricityAll: 5 });
    expect(row['pEccentricity']).toBeGreaterThan(0);
    await expect(conceptExtent([{ voxels, labels: patch }], { eccentricity: 'prf' })).rejects.toThrow(
      'eccentricity column is "prf"; must be one of eccentricity',
    );
  });

  it('joins voxels over the edges of a mesh where there is no volume', () => {
    const square = { vertices: new Float32Array(12), faces: Int32Array.of(0, 1, 2, 1, 2, 3) };
    const hemisphere = ['left', 'left', 'left', 'left', 'left'] as const;
    const mesh = { nVoxels: 5, vertex: Int32Array.of(0, 1, 3, 3, 2), hemisphere, rois: {}, values: {} };
    const neighbours = voxelNeighbours(mesh, { left: square })!;
    expect(patchSizes([0, 2, 3], neighbours)).toEqual([2, 1]);
    expect(patchSizes([0, 1, 2, 3], neighbours)).toEqual([4]);
    expect(voxelNeighbours({ nVoxels: 1, rois: {}, values: {} })).toBeUndefined();
  });
});

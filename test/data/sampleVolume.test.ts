import { describe, expect, it } from 'vitest';
import { combineDepths, type Interpolation, sampleVolume, volumeToSurface } from '../../src/data/index.js';
import { randomStream } from '../../src/util/index.js';

const dims = [6, 5, 4] as const;
const nVoxels = 120;
const random = randomStream(2, 'sample-volume');
const volume = random.normals(new Float32Array(nVoxels));
const polynomial = (degree: number) => (x: number, y: number, z: number) =>
  2 + x ** degree - 3 * y + 0.5 * z ** degree;
const filled = (of: (x: number, y: number, z: number) => number) =>
  Float32Array.from({ length: nVoxels }, (_, v) => of(v % 6, Math.floor(v / 6) % 5, Math.floor(v / 30)));

describe('sampleVolume', () => {
  it.each([
    'nearest',
    'linear',
    'cubic',
  ] as const)('gives the voxels themselves at their centres: %s', (method) => {
    const points = Array.from({ length: nVoxels }, (_, v) => [
      v % 6,
      Math.floor(v / 6) % 5,
      Math.floor(v / 30),
    ]).flat();
    expect(sampleVolume(volume, dims, points, method)).toEqual(volume);
  });

  it('linear is exact on planes, cubic on parabolas away from the edges', () => {
    const points = Array.from({ length: 50 }, () => [
      1 + 3 * random.uniform(),
      1 + 2 * random.uniform(),
      1 + random.uniform(),
    ]);
    for (const [method, degree] of [
      ['linear', 1],
      ['cubic', 2],
    ] as const) {
      const f = polynomial(degree);
      const sampled = sampleVolume(filled(f), dims, points.flat(), method);
      points.forEach(([x, y, z], p) => {
        expect(sampled[p]).toBeCloseTo(f(x!, y!, z!), 4);
      });
    }
  });

  it('linear equals the weights of the eight corners written out', () => {
    const [x, y, z] = [2.25, 3.5, 0.75];
    let expected = 0;
    for (const [i, a] of [
      [2, 0.75],
      [3, 0.25],
    ] as const)
      for (const [j, b] of [
        [3, 0.5],
        [4, 0.5],
      ] as const)
        for (const [k, c] of [
          [0, 0.25],
          [1, 0.75],
        ] as const)
          expected += a * b * c * volume[i + 6 * (j + 5 * k)]!;
    expect(sampleVolume(volume, dims, [x, y, z], 'linear')[0]).toBeCloseTo(expected, 5);
  });

  it('is NaN outside the box of voxel centres, and where the point is NaN', () => {
    const outside = [-0.01, 0, 0, 5.01, 0, 0, 0, 4.2, 0, 0, 0, 3.5, Number.NaN, 1, 1];
    for (const method of ['nearest', 'linear', 'cubic'] as Interpolation[]) {
      expect([...sampleVolume(volume, dims, outside, method)].every(Number.isNaN)).toBe(true);
    }
  });

  it('leaves voxels out that are NaN, and is NaN where they hold more than half of the weight', () => {
    const values = filled(() => 4);
    values[0] = Number.NaN;
    expect([...sampleVolume(values, dims, [0.75, 0, 0, 0.25, 0, 0], 'linear')]).toEqual([4, Number.NaN]);
    expect([...sampleVolume(values, dims, [0.4, 0, 0, 0.5, 0, 0], 'nearest')]).toEqual([Number.NaN, 4]);
  });

  it('refuses a volume of another size, and a method there is not', () => {
    expect(() => sampleVolume(volume, [6, 5, 5], [0, 0, 0])).toThrow(
      /number of values is 120; must be 6 × 5 × 5/,
    );
    expect(() => sampleVolume(volume, dims, [0, 0, 0], 'spline' as Interpolation)).toThrow(
      /method is "spline"/,
    );
  });
});

it('combineDepths takes mean or maximum of what is there', () => {
  const depths = [Float32Array.of(1, Number.NaN, Number.NaN), Float32Array.of(3, 5, Number.NaN)];
  expect([...combineDepths(depths)]).toEqual([2, 5, Number.NaN]);
  expect([...combineDepths(depths, 'max')]).toEqual([3, 5, Number.NaN]);
  expect(() => combineDepths([])).toThrow(/one or more/);
});

describe('volumeToSurface', () => {
  // 2 mm voxels, x flipped as in many scanners: index 0 is on the right.
  const affine = [-2, 0, 0, 5, 0, 2, 0, -4, 0, 0, 2, -3, 0, 0, 0, 1];
  const faces = Int32Array.of(0, 1, 2);

  it('puts a landmark on the side it is on, whatever the sign of the voxel axis', () => {
    const values = new Float32Array(nVoxels);
    values[0 + 6 * (2 + 5 * 1)] = 9; // voxel (0, 2, 1) lies at x = +5 mm: right
    const right = { vertices: Float32Array.of(5, 0, -1, 3, 0, -1, 5, 2, -1), faces };
    const left = {
      vertices: right.vertices.map((value, index) => (index % 3 === 0 ? -value : value)),
      faces,
    };
    const map = (surface: typeof right) => [
      ...volumeToSurface({ values, dims, affine }, surface, undefined, { method: 'nearest' }),
    ];
    expect(map(right)).toEqual([9, 0, 0]);
    expect(map(left)).toEqual([0, 0, 0]);
  });

  it('looks between two surfaces at the depths asked for', () => {
    const values = filled((x) => x);
    const white = { vertices: Float32Array.of(5, 0, 0, 5, 0, 0, 50, 0, 0), faces };
    const pial = { vertices: Float32Array.of(1, 0, 0, -3, 0, 0, 60, 0, 0), faces };
    expect([...volumeToSurface({ values, dims, affine }, white, pial)]).toEqual([1, 2, Number.NaN]);
    expect([
      ...volumeToSurface({ values, dims, affine }, white, pial, { combine: 'max', depths: [0, 1] }),
    ]).toEqual([2, 4, Number.NaN]);
    const other = { vertices: new Float32Array(6), faces };
    expect(() => volumeToSurface({ values, dims, affine }, white, other)).toThrow(
      /vertices of the outer surface is 2; must be 3/,
    );
  });
});

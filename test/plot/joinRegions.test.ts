import { expect, it } from 'vitest';
import { joinRegions } from '../../src/plot/maps/joinRegions.js';
import { mapSheet } from '../../src/plot/maps/mapSheet.js';
import { ellipsoids } from './ellipsoids.js';

const geometry = ellipsoids();
const n = geometry.left!.pial!.vertices.length / 3;
const regions = (keys: Record<number, number>, names: [number, string][]) => ({
  keys: Int32Array.from({ length: n }, (_, v) => keys[v] ?? 0),
  names: new Map(names),
});

it('takes regions of the two hemispheres by name, whatever the keys', () => {
  const joined = joinRegions({
    left: {
      ...geometry.left!,
      rois: regions({ 0: 1, 1: 2, 2: 9 }, [
        [1, 'V1'],
        [2, 'FFA'],
      ]),
    },
    right: {
      ...geometry.right!,
      rois: regions({ 0: 2, 1: 1 }, [
        [2, 'V1'],
        [1, 'OPA'],
      ]),
    },
  })!;
  const nameAt = (vertex: number) => joined.names.get(joined.keys[vertex]!);
  expect([0, 1, 2, n, n + 1, n + 2].map(nameAt)).toEqual(['V1', 'FFA', undefined, 'V1', 'OPA', undefined]);
  expect(joined.keys[2]).toBe(0);
});

it('is undefined without regions, and one hemisphere is enough', () => {
  expect(joinRegions(geometry)).toBeUndefined();
  const one = joinRegions({
    ...geometry,
    right: { ...geometry.right!, rois: regions({ 5: 3 }, [[3, 'a']]) },
  })!;
  expect(one.names.get(one.keys[n + 5]!)).toBe('a');
});

it('a geometry is drawn once for each view and width', () => {
  expect(mapSheet(geometry, 'flat', 300)).toBe(mapSheet(geometry, 'flat', 300));
  expect(mapSheet(geometry, 'flat', 300)).not.toBe(mapSheet(geometry, 'flat', 301));
  expect(mapSheet({ ...geometry }, 'flat', 300)).not.toBe(mapSheet(geometry, 'flat', 300));
});

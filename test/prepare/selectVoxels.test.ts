import { expect, it } from 'vitest';
import { selectVoxels } from '../../src/prepare/selectVoxels.js';

it('takes voxels strictly above the threshold, ascending', () => {
  expect([...selectVoxels([9, 8, 8.001, 0, Number.NaN, 100])]).toEqual([0, 2, 5]);
  expect([...selectVoxels(Float32Array.of(9, 8, 30), { above: 20 })]).toEqual([2]);
});

it('keeps to the mask, where 0, false and NaN are outside', () => {
  expect([...selectVoxels([9, 9, 9, 9], { within: [1, 0, Number.NaN, 2] })]).toEqual([0, 3]);
  expect([...selectVoxels([0, 0, 9], { within: [true, false, true], above: null })]).toEqual([0, 2]);
});

it('says how high the ceiling goes when nothing is left', () => {
  expect(() => selectVoxels([3, 7.25])).toThrow(
    /above a noise ceiling of 8 %.*the highest ceiling there is 7\.3 %/,
  );
  expect(() => selectVoxels([0, 0])).toThrow(/no voxel there has any/);
  expect(() => selectVoxels([1], { above: -1 })).toThrow(/must be in \[0, 100\)/);
  expect(() => selectVoxels([1], { within: [1, 1] })).toThrow(/length of the mask is 2; must be 1/);
});

import { table } from 'arquero';
import { expect, it } from 'vitest';
import { toDataFrame } from '../../src/data/index.js';

it('a table becomes a DataFrame with its columns, rows and values, and stays as it was', async () => {
  const source = table({ stimulus: Int32Array.of(3, 1, 2), split: ['train', 'test', null] });
  const frame = await toDataFrame(source);
  expect([frame.columns, frame.shape]).toEqual([
    ['stimulus', 'split'],
    [3, 2],
  ]);
  expect(frame.values).toEqual([
    [3, 'train'],
    [1, 'test'],
    [2, null],
  ]);
  expect(source.numRows()).toBe(3);
  expect((await toDataFrame({ x: Float32Array.of(0.5) })).values).toEqual([[0.5]]);
  // A filtered table gives the rows that are left.
  expect((await toDataFrame(source.filter((row: { stimulus: number }) => row.stimulus > 1))).shape).toEqual([
    2, 2,
  ]);
});

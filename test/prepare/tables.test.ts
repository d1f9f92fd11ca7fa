import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  readTrials,
  readVoxels,
  type VoxelTable,
  writeTrials,
  writeVoxels,
} from '../../src/prepare/index.js';
import { makeTrials } from './trials.js';

const file = async (name: string, content?: string) => {
  const path = join(await mkdtemp(join(tmpdir(), 'tables-')), name);
  if (content !== undefined) await writeFile(path, content);
  return path;
};

it('trials read back as they were written, further columns and missing values with them', async () => {
  const trials = {
    ...makeTrials([3, 1, 3, 0], ['train', 'test', 'train', 'validation'], 2),
    extra: { image: [301, 12, 301, 5], rt: [0.5, Number.NaN, 2, 1], block: ['a', '', 'b', 'b'] },
  };
  const path = await file('trials.tsv');
  await writeTrials(path, trials);
  expect(await readTrials(path)).toEqual(trials);
  expect(await readFile(path, 'utf8')).toContain(
    'stimulus\tsession\trun\trepetition\tsplit\timage\trt\tblock\n3\t1\t1\t0\ttrain\t301\t0.5\ta\n',
  );
});

it('a trial table needs no more than stimuli: one session, one run, showings counted, all training', async () => {
  const trials = await readTrials(await file('t.tsv', 'stimulus\n4\n2\n4\n'));
  expect(trials).toEqual({ ...makeTrials([4, 2, 4]), extra: {} });
});

it('names the row and column of a trial that cannot be', async () => {
  const reading = async (text: string) => readTrials(await file('t.tsv', text));
  await expect(reading('image\n1\n')).rejects.toThrow('has no column "stimulus"');
  await expect(reading('stimulus\n1\n-2\n')).rejects.toThrow('stimulus of row 2 is -2');
  await expect(reading('stimulus\trun\n1\tn/a\n')).rejects.toThrow('run of row 1 is missing');
  await expect(reading('stimulus\trun\n1\t1.5\n')).rejects.toThrow('run of row 1 is 1.5');
  await expect(reading('stimulus\tsplit\n1\ttraining\n')).rejects.toThrow('split of row 1 is "training"');
  await expect(readTrials('/nowhere/trials.tsv')).rejects.toThrow(/missing/);
});

it('voxels read back as they were written', async () => {
  const voxels: VoxelTable = {
    nVoxels: 3,
    ijk: Int32Array.of(0, 1, 2, 3, 4, 5, 6, 7, 8),
    xyzMm: Float32Array.of(-1.5, 0.1, 2, 3, 4, 5, 6, 7, 8),
    hemisphere: ['left', '', 'right'],
    vertex: Int32Array.of(12, -1, 0),
    rois: { 'floc-faces': ['FFA-1', '', 'OFA'], empty: ['', '', ''] },
    values: { noise_ceiling: Float32Array.of(8.1, Number.NaN, 99) },
  };
  const path = await file('voxels.tsv');
  await writeVoxels(path, voxels);
  expect(await readVoxels(path)).toEqual(voxels);
});

it('a voxel table may hold nothing but values', async () => {
  const voxels = await readVoxels(await file('v.tsv', 'score\n1\n2\n'));
  expect(voxels).toEqual({ nVoxels: 2, rois: {}, values: { score: Float32Array.of(1, 2) } });
});

it('names what is wrong in a voxel table', async () => {
  const reading = async (text: string) => readVoxels(await file('v.tsv', text));
  await expect(reading('i\tj\n1\t2\n')).rejects.toThrow(/has column i and j; give i, j, k/);
  await expect(reading('i\tj\tk\n1\t2\t2.5\n')).rejects.toThrow('k of row 1 is 2.5');
  await expect(reading('hemisphere\nlh\n')).rejects.toThrow('hemisphere of row 1 is "lh"');
  await expect(reading('x\ty\tz\n1\t2\tno\n')).rejects.toThrow('column z holds text');
  const numbered = { nVoxels: 1, rois: { area: ['4'] }, values: {} };
  await expect(writeVoxels(await file('v.tsv'), numbered)).rejects.toThrow(
    /regions of area is "4"; must be names/,
  );
  const short = { nVoxels: 2, rois: {}, values: { score: Float32Array.of(1) } };
  await expect(writeVoxels(await file('v.tsv'), short)).rejects.toThrow(/length of column score is 1/);
});

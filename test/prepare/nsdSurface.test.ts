import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  findNsd,
  nsdToFsaverage,
  nsdToSurface,
  nsdVertices,
  planNsd,
  prepareNsd,
  readVoxels,
} from '../../src/prepare/index.js';
import { temporaryFolder } from '../data/folder.js';
import { dims, nVolume, writeSmallNsd } from './smallNsd.js';

/** An MGZ file of float32, nVertices × 1 × 1 × nFrames, as NSD's transforms are. */
function writeMgz(path: string, nVertices: number, frames: number[][]): void {
  const bytes = Buffer.alloc(284 + 4 * nVertices * frames.length);
  for (const [i, value] of [1, nVertices, 1, 1, frames.length, 3].entries()) bytes.writeInt32BE(value, 4 * i);
  for (const [i, value] of frames.flat().entries()) bytes.writeFloatBE(value, 284 + 4 * i);
  writeFileSync(path, gzipSync(bytes));
}

/** Left vertices lie on voxels (0,0,0), (1,0,0), (2,3,2) and nowhere; right ones on (4,0,0), (4,1,0), (3,1,1). */
async function withTransforms() {
  const root = temporaryFolder();
  await writeSmallNsd(root, { format: 'hdf5', participants: ['subj01'] });
  const folder = join(root, 'nsddata/ppdata/subj01/transforms');
  mkdirSync(folder);
  for (const layer of ['layerB1', 'layerB2', 'layerB3']) {
    writeMgz(join(folder, `lh.func1pt8-to-${layer}.mgz`), 4, [
      [1, 2, 3, 9999],
      [1, 1, 4, 9999],
      [1, 1, 3, 9999],
    ]);
    writeMgz(join(folder, `rh.func1pt8-to-${layer}.mgz`), 3, [
      [5, 5, 4],
      [1, 2, 2],
      [1, 1, 2],
    ]);
  }
  writeMgz(join(folder, 'lh.white-to-fsaverage.mgz'), 5, [[3, 1, 1, 4, 2]]);
  writeMgz(join(folder, 'rh.white-to-fsaverage.mgz'), 2, [[3, 9]]);
  return { root, files: await findNsd([root], 'subj01') };
}

const at = (i: number, j: number, k: number) => i + dims[0] * (j + dims[1] * k);

describe('nsdToSurface', () => {
  it.each([
    'nearest',
    'linear',
    'cubic',
  ] as const)('puts landmarks of each hemisphere on its own vertices: %s', async (method) => {
    const { files } = await withTransforms();
    const values = new Float32Array(nVolume);
    values[at(2, 3, 2)] = 7;
    values[at(4, 1, 0)] = 5;
    expect([...(await nsdToSurface(files, values, dims, 'left', { method }))]).toEqual([0, 0, 7, Number.NaN]);
    expect([...(await nsdToSurface(files, values, dims, 'right', { method }))]).toEqual([0, 5, 0]);
  });

  it('joins the depths by their mean or their maximum', async () => {
    const { root, files } = await withTransforms();
    // The outer layer of the third left vertex lies one voxel further along y.
    const outer = join(root, 'nsddata/ppdata/subj01/transforms/lh.func1pt8-to-layerB3.mgz');
    writeMgz(outer, 4, [
      [1, 2, 3, 9999],
      [1, 1, 3, 9999],
      [1, 1, 3, 9999],
    ]);
    const values = new Float32Array(nVolume);
    values[at(2, 3, 2)] = 3;
    values[at(2, 2, 2)] = 9;
    const third = async (options: object) =>
      (await nsdToSurface(files, values, dims, 'left', { method: 'nearest', ...options }))[2];
    expect(await third({ combine: 'mean' })).toBe(5);
    expect(await third({ combine: 'max' })).toBe(9);
    expect(await third({ layers: ['layerB1'] })).toBe(3);
  });

  it('names the transform that is missing', async () => {
    const { files } = await withTransforms();
    await expect(
      nsdToSurface(files, new Float32Array(nVolume), dims, 'left', { layers: ['pial'] }),
    ).rejects.toThrow(/transforms\/lh\.func1pt8-to-pial\.mgz is missing; fetch it/);
  });
});

it('nsdToFsaverage gives each vertex of fsaverage the value of the participant’s nearest one, counted from 1', async () => {
  const { files } = await withTransforms();
  const values = Float32Array.of(10, 20, 30, Number.NaN);
  expect([...(await nsdToFsaverage(files, values, 'left'))]).toEqual([30, 10, 10, Number.NaN, 20]);
  await expect(nsdToFsaverage(files, values, 'right')).rejects.toThrow(
    /names vertex 9; the participant has 4/,
  );
});

it('nsdVertices finds the nearest vertex of either hemisphere, within 1.5 voxels', async () => {
  const { files } = await withTransforms();
  const { vertex, hemisphere } = await nsdVertices(
    files,
    Int32Array.of(0, 0, 0, 2, 3, 2, 4, 0, 0, 3, 0, 0, 0, 3, 0),
  );
  expect([...vertex]).toEqual([0, 2, 0, 0, -1]);
  expect(hemisphere).toEqual(['left', 'left', 'right', 'right', '']);
});

it('prepareNsd writes vertex and hemisphere where transforms are there', async () => {
  const { root } = await withTransforms();
  const plan = await planNsd({ from: [root], participants: ['subj01'] });
  const out = temporaryFolder();
  await prepareNsd(plan.participants[0]!, out, { noiseCeilingAbove: null });
  const { vertex, hemisphere, ijk } = await readVoxels(join(out, 'voxels.tsv'));
  const row = Array.from({ length: ijk!.length / 3 }, (_, v) => v).find(
    (v) => ijk![3 * v] === 2 && ijk![3 * v + 1] === 3 && ijk![3 * v + 2] === 2,
  )!;
  expect([vertex![row], hemisphere![row]]).toEqual([2, 'left']);
});

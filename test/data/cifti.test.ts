import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readCifti } from '../../src/data/index.js';
import { flipped, readsOrNames } from './damage.js';
import { temporaryFolder } from './folder.js';
import { expectDigest, expectNumbers, golden, madeBytes, madeFile, realFile } from './neuroimaging.js';

it('reads scalars on surfaces and in a volume as nibabel does', async () => {
  const expected = golden.made['x.dscalar.nii']!;
  const { data, names, structures, affine } = await readCifti(madeFile('x.dscalar.nii'));
  expect(data.shape[0]).toBe(2);
  expectNumbers(data.data, expected['rows']);
  expect(names).toEqual(expected['names']);
  expect(structures.map(({ name, start, count }) => [name, start, count])).toEqual([
    ['CORTEX_LEFT', 0, 3],
    ['CORTEX_RIGHT', 3, 2],
    ['THALAMUS_LEFT', 5, structures[2]!.count],
  ]);
  expect([[...structures[0]!.vertices!], structures[0]!.nVertices]).toEqual([[0, 2, 5], 6]);
  expect([...structures[2]!.ijk!]).toEqual(expected['ijk']);
  expectNumbers(affine!, expected['affine'], 4);
});

it('reads the HCP’s curvature as nibabel does', async (context) => {
  const expected = golden.real['fs_LR.32k.LR.curvature.dscalar.nii']!;
  const { data, names, structures } = await readCifti(
    realFile(context, 'fs_LR.32k.LR.curvature.dscalar.nii'),
  );
  expect(data.shape).toEqual(expected['dims']);
  expectDigest(data.data, expected['data']);
  expect(names).toEqual(expected['names']);
  expect(structures.map(({ name, count }) => [`CIFTI_STRUCTURE_${name}`, count])).toEqual(
    expected['structures'],
  );
  expectDigest(Int32Array.from(structures.flatMap(({ vertices }) => [...vertices!])), expected['vertices']);
});

it('refuses what is not dense scalars, labels or series, by name', async (context) => {
  await expect(readCifti(realFile(context, 'nibabel/row_major.dconn.nii'))).rejects.toThrow(
    /holds SERIES by BRAIN|dense scalars, labels and series are read/,
  );
  await expect(readCifti(madeFile('nifti2-little-i4.nii'))).rejects.toThrow(/is not CIFTI-2/);
});

it('cut or changed anywhere it is read or refused by name', async () => {
  const whole = madeBytes('x.dscalar.nii');
  const path = join(temporaryFolder(), 'x.dscalar.nii');
  for (let at = 0; at < whole.length; at += 101) {
    for (const cut of [true, false]) {
      const bytes = cut ? whole.subarray(0, at) : flipped(whole, at, 0x81);
      await readsOrNames(readCifti, path, bytes, `byte ${at}`);
    }
  }
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listHdf5, readHdf5, readHdf5Masked, writeHdf5 } from '../../src/data/index.js';
import { isSharedConceptsError } from '../../src/util/index.js';
import { fileOf, flipped } from './damage.js';
import { temporaryFolder } from './folder.js';
import { expectDigest, golden, madeBytes, madeFile, madeNames, realFile } from './neuroimaging.js';

const names = madeNames(/\.hdf5$/);

describe('readHdf5', () => {
  it.each(names)('reads what h5py writes: %s', async (name) => {
    const { shape, data } = await readHdf5(madeFile(name), 'betas');
    expect(shape).toEqual(golden.made[name]!['shape']);
    expect([...data]).toEqual(golden.made[name]!['values']);
    expect(data).toBeInstanceOf(Int16Array);
  });

  it('reads every dataset of numbers of a real file as h5py does', async (context) => {
    const path = realFile(context, 'bdpy_sample_vmap.h5');
    const expected = golden.real['bdpy_sample_vmap.h5']!;
    const listed = await listHdf5(path);
    expect(listed.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
    for (const { name, shape } of listed) {
      expect(shape).toEqual(expected[name].shape);
      expectDigest((await readHdf5(path, name)).data, expected[name].data);
    }
  });

  it('names the datasets there are when one is not', async () => {
    await expect(readHdf5(madeFile(names[0]!), 'beta')).rejects.toThrow(
      /has no dataset "beta"; it has betas/,
    );
  });
});

describe('readHdf5Masked', () => {
  const shape = [6, 4, 5, 7];
  it.each(names)('takes the voxels asked for, in their order, whatever the chunks: %s', async (name) => {
    const values: number[] = golden.made[name]!['values'];
    const nPerRow = 4 * 5 * 7;
    const voxels = [139, 0, 70, 3, 138, 36];
    const path = madeFile(name);
    const read = await readHdf5Masked(path, 'betas', voxels);
    expect(read.shape).toEqual([6, 6]);
    expect([...read.data]).toEqual(
      Array.from({ length: 6 }, (_, t) => voxels.map((v) => values[t * nPerRow + v])).flat(),
    );
    const part = await readHdf5Masked(path, 'betas', voxels, { rows: [3, 5] });
    expect(part.data).toEqual(read.data.slice(18, 30));
    expect((await readHdf5Masked(path, 'betas', [])).shape).toEqual([6, 0]);
  });

  it('refuses voxels outside the volume, rows there are not, and datasets of another shape', async () => {
    const path = madeFile(names[0]!);
    await expect(readHdf5Masked(path, 'betas', [140])).rejects.toThrow(
      /voxel 0 is 140; must be a position in 0 … 139/,
    );
    await expect(readHdf5Masked(path, 'betas', [1], { rows: [0, 7] })).rejects.toThrow(/rows is \[0,7\]/);
    const flat = join(temporaryFolder(), 'flat.h5');
    await writeHdf5(flat, Float32Array.of(1, 2), { name: 'betas', shape: [2] });
    await expect(readHdf5Masked(flat, 'betas', [0])).rejects.toThrow(/must be trials × Z × Y × X/);
  });

  it('is right where a session takes several slices', async () => {
    const path = join(temporaryFolder(), 'large.hdf5');
    const large = [40, 20, 100, 100]; // 400 kB a trial of int16, 16 MB a chunk row of ten
    async function* pieces() {
      for (let t = 0; t < 40; t++)
        yield Int16Array.from({ length: 200_000 }, (_, i) => ((i + 31 * t) % 2000) - 1000);
    }
    await writeHdf5(path, pieces(), { name: 'betas', shape: large, chunks: [7, 20, 100, 100] });
    const voxels = [5, 100_000, 199_999];
    const read = await readHdf5Masked(path, 'betas', voxels);
    const expected = Array.from({ length: 40 }, (_, t) => voxels.map((v) => ((v + 31 * t) % 2000) - 1000));
    expect([...read.data]).toEqual(expected.flat());
  });

  it('stops when its signal fires', async () => {
    const signal = AbortSignal.abort();
    await expect(readHdf5Masked(madeFile(names[0]!), 'betas', [1], { signal })).rejects.toThrow(
      /was stopped/,
    );
  });
  expect(shape.length).toBe(4);
});

describe('writeHdf5', () => {
  it('writes what it reads back, in pieces too, with the same bytes each time', async () => {
    const folder = temporaryFolder();
    const data = Int16Array.from({ length: 60 }, (_, i) => i * i - 100);
    for (const level of [0, 1]) {
      await writeHdf5(join(folder, 'whole.h5'), data, { name: 'betas', shape: [5, 3, 2, 2], level });
      await writeHdf5(join(folder, 'pieces.h5'), [data.slice(0, 24), data.slice(24)], {
        name: 'betas',
        shape: [5, 3, 2, 2],
        level,
      });
      for (const name of ['whole.h5', 'pieces.h5']) {
        expect(await readHdf5(join(folder, name), 'betas')).toEqual({ shape: [5, 3, 2, 2], data });
      }
      const before = readFileSync(join(folder, 'whole.h5'));
      await new Promise((resolve) => setTimeout(resolve, 1100)); // HDF5 would write the second it is made in
      await writeHdf5(join(folder, 'whole.h5'), data, { name: 'betas', shape: [5, 3, 2, 2], level });
      expect(readFileSync(join(folder, 'whole.h5')).equals(before)).toBe(true);
    }
  });

  it('refuses pieces that are not whole rows, too few or too many', async () => {
    const path = join(temporaryFolder(), 'a.h5');
    const options = { name: 'x', shape: [3, 2] };
    await expect(writeHdf5(path, [Float32Array.of(1, 2, 3)], options)).rejects.toThrow(
      /length of a piece is 3/,
    );
    await expect(writeHdf5(path, [Float32Array.of(1, 2)], options)).rejects.toThrow(
      /rows written is 1; must be 3/,
    );
    await expect(writeHdf5(path, new Float32Array(8), options)).rejects.toThrow(/length of a piece is 8/);
    await expect(writeHdf5(path, new Float32Array(6), { ...options, chunks: [4, 1] })).rejects.toThrow(
      /chunks/,
    );
  });
});

describe('a damaged HDF5 file', () => {
  it('cut anywhere is refused by name, and never reads as zeros', async () => {
    for (const name of ['gzip.hdf5', 'contiguous.hdf5']) {
      const whole = madeBytes(name);
      const path = join(temporaryFolder(), name);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 30)) {
        writeFileSync(path, whole.subarray(0, length));
        await expect(readHdf5Masked(path, 'betas', [0, 139])).rejects.toSatisfy(isSharedConceptsError);
      }
    }
  });

  it('with bytes changed anywhere reads as before or is refused by name', async () => {
    const name = 'gzip.hdf5';
    const whole = madeBytes(name);
    const path = join(temporaryFolder(), name);
    let refused = 0;
    for (let at = 0; at < whole.length; at += 61) {
      writeFileSync(path, flipped(whole, at, 0x55));
      try {
        expect([...(await readHdf5(path, 'betas')).data]).toEqual(golden.made[name]!['values']);
      } catch (error) {
        refused++;
        expect(error).toSatisfy(isSharedConceptsError);
      }
    }
    expect(refused).toBeGreaterThan(10);
  });

  it('that is something else is refused by name', async () => {
    await expect(readHdf5(fileOf('neuroimaging'.repeat(100), 'x.h5'), 'betas')).rejects.toThrow(
      /is not an HDF5 file/,
    );
    await expect(readHdf5('/nowhere/x.h5', 'betas')).rejects.toThrow(/is missing/);
  });
});

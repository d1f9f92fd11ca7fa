import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { affineOfQuaternion, quaternionOf, voxelSizeMm } from '../../src/data/affine.js';
import {
  applyAffine,
  invertAffine,
  readNifti,
  readNiftiHeader,
  readNiftiMasked,
  writeNifti,
} from '../../src/data/index.js';
import { isSharedConceptsError, sizeOf } from '../../src/util/index.js';
import { fileOf, flipped, readsOrNames } from './damage.js';
import { temporaryFolder } from './folder.js';
import {
  expectDigest,
  expectNumbers,
  golden,
  madeBytes,
  madeFile,
  madeNames,
  realFile,
} from './neuroimaging.js';

const single = madeNames(/\.nii(\.gz)?$/).filter((name) => !name.includes('dscalar'));

describe('readNifti', () => {
  it.each(single)('reads what nibabel reads: %s', async (name) => {
    const { header, data } = await readNifti(madeFile(name));
    const expected = golden.made[name]!;
    expect(header.dims).toEqual(expected['dims']);
    expect(header.type).toBe(expected['stored']);
    expectNumbers(header.affine, expected['affine'], 4);
    expectDigest(data, expected['data']);
  });

  it('reads a pair of .hdr and .img', async () => {
    const folder = temporaryFolder();
    madeFile('pair.img', folder);
    const { header, data } = await readNifti(madeFile('pair.hdr', folder));
    expect(header.isPair).toBe(true);
    expectDigest(data, golden.made['pair.hdr']!['data']);
  });

  const real = Object.keys(golden.real).filter(
    (name) => /\.nii(\.gz)?$/.test(name) && !/dscalar|dconn/.test(name),
  );
  it('reads every real NIfTI file as nibabel does', async (context) => {
    for (const name of real) {
      const { header, data } = await readNifti(realFile(context, name));
      expect(header.dims).toEqual(golden.real[name]!['dims']);
      expectNumbers(header.affine, golden.real[name]!['affine'], 3);
      expectDigest(data, golden.real[name]!['data']);
    }
  });
});

describe('readNiftiHeader', () => {
  it('reads bare headers of pairs as nibabel does', async (context) => {
    for (const name of ['nibabel/nifti1.hdr', 'nibabel/nifti2.hdr']) {
      const header = await readNiftiHeader(realFile(context, name));
      expect(header).toMatchObject({ isPair: true, dims: golden.real[name]!['dims'] });
      expectNumbers(header.affine, golden.real[name]!['affine'], 3);
    }
  });

  it('refuses an ANALYZE header by name', async (context) => {
    await expect(readNiftiHeader(realFile(context, 'nibabel/analyze.hdr'))).rejects.toThrow(
      /no NIfTI signature.*ANALYZE/,
    );
  });

  it.each(['sform', 'qform', 'pixdim'])('takes the affine from the %s where it should', async (source) => {
    const name = { sform: 'affine-both.nii', qform: 'affine-qform.nii', pixdim: 'affine-neither.nii' }[
      source
    ]!;
    expect((await readNiftiHeader(madeFile(name))).affineSource).toBe(source);
  });
});

describe('readNiftiMasked', () => {
  it.each(
    single,
  )('takes from %s what the whole image holds at the voxels, in the order asked', async (name) => {
    const path = madeFile(name);
    const { header, data } = await readNifti(path);
    const nPerVolume = sizeOf(header.dims.slice(0, 3));
    const nVolumes = sizeOf(header.dims.slice(3));
    const voxels = [nPerVolume - 1, 0, 7, 3];
    const read = await readNiftiMasked(path, voxels);
    expect(read.shape).toEqual([nVolumes, 4]);
    const expected = Array.from({ length: nVolumes }, (_, t) =>
      voxels.map((v) => Math.fround(Number(data[t * nPerVolume + v]))),
    );
    expect([...read.data]).toEqual(expected.flat());
  });

  it('takes a range of volumes, plain or gzipped', async () => {
    const folder = temporaryFolder();
    const data = Int16Array.from({ length: 2 * 3 * 4 * 10 }, (_, i) => i);
    for (const name of ['a.nii', 'a.nii.gz']) {
      const path = join(folder, name);
      await writeNifti(path, data, { dims: [2, 3, 4, 10], affine: identity });
      const read = await readNiftiMasked(path, [5, 1], { volumes: [3, 5] });
      expect([...read.data]).toEqual([77, 73, 101, 97]);
      expect((await readNiftiMasked(path, [], { volumes: [3, 5] })).shape).toEqual([2, 0]);
      await expect(readNiftiMasked(path, [0], { volumes: [3, 11] })).rejects.toThrow(/volumes is \[3,11\]/);
    }
  });

  it('is right where elements straddle the pieces of the stream', async () => {
    // 352 bytes of header, then 8-byte elements shifted by an odd offset: pieces of 1 MB cut through them.
    const folder = temporaryFolder();
    const nElements = 150_000;
    const data = Float64Array.from({ length: nElements }, (_, i) => i / 7);
    await writeNifti(join(folder, 'a.nii'), data, { dims: [100, 500, 3], affine: identity });
    const bytes = readFileSync(join(folder, 'a.nii'));
    const shifted = Buffer.concat([bytes.subarray(0, 352), Buffer.alloc(3), bytes.subarray(352)]);
    shifted.writeFloatLE(355, 108);
    for (const [name, content] of [
      ['b.nii', shifted],
      ['b.nii.gz', gzipSync(shifted, { level: 1 })],
    ] as const) {
      writeFileSync(join(folder, name), content);
      const all = await readNiftiMasked(
        join(folder, name),
        Int32Array.from({ length: nElements }, (_, i) => i),
      );
      expect(all.data).toEqual(Float32Array.from(data));
    }
  });

  it('reads gzip files of several members, as bgzip and pigz write them', async () => {
    const whole = gunzipSync(madeBytes('nifti1-little-i2.nii.gz'));
    const path = join(temporaryFolder(), 'members.nii.gz');
    writeFileSync(path, Buffer.concat([gzipSync(whole.subarray(0, 400)), gzipSync(whole.subarray(400))]));
    expectDigest((await readNifti(path)).data, golden.made['nifti1-little-i2.nii.gz']!['data']);
  });

  it('refuses voxels outside the volume, or twice', async () => {
    const path = madeFile('nifti1-little-i2.nii.gz');
    await expect(readNiftiMasked(path, [60])).rejects.toThrow(/voxel 0 is 60; must be a position in 0 … 59/);
    await expect(readNiftiMasked(path, [2, 1, 2])).rejects.toThrow(/is 2; must be given once/);
  });

  it('stops when its signal fires', async () => {
    const signal = AbortSignal.abort();
    await expect(readNiftiMasked(madeFile('nifti1-little-i2.nii.gz'), [1], { signal })).rejects.toThrow(
      /was stopped/,
    );
  });
});

const identity = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

describe('writeNifti', () => {
  it.each(['a.nii', 'a.nii.gz'])('writes what it reads back, affine included: %s', async (name) => {
    const path = join(temporaryFolder(), name);
    const affine = golden.made['nifti1-little-f4.nii.gz']!['affine'] as number[];
    for (const data of [
      Float32Array.of(1, Number.NaN, -3, 4, 5, 6),
      Uint8Array.of(1, 2, 3, 4, 5, 255),
      Float64Array.of(1, 2, 3, 4, 5, 0.1),
      BigInt64Array.of(1n, 2n, 3n, 4n, 5n, -(2n ** 60n)),
    ]) {
      await writeNifti(path, data, { dims: [1, 2, 3], affine, description: 'a test', intentCode: 1002 });
      const back = await readNifti(path);
      expect(back.data).toEqual(data);
      expect(back.header).toMatchObject({
        version: 1,
        dims: [1, 2, 3],
        description: 'a test',
        intentCode: 1002,
      });
      expectNumbers(back.header.affine, affine, 4);
      expectNumbers(back.header.pixdim, voxelSizeMm(affine), 5);
    }
  });

  it('writes pieces as they come, and version 2 for long axes', async () => {
    const folder = temporaryFolder();
    const buffer = new Int16Array(50_000);
    async function* volumes() {
      for (let t = 0; t < 3; t++) yield buffer.fill(t + 1);
    }
    const path = join(folder, 'a.nii.gz');
    await writeNifti(path, volumes(), { dims: [50_000, 1, 1, 3], affine: identity, type: 'int16' });
    const { header, data } = await readNifti(path);
    expect(header.version).toBe(2);
    expect([data[0], data[50_000], data[149_999]]).toEqual([1, 2, 3]);
    await expect(
      writeNifti(path, volumes(), { dims: [50_000, 1, 1, 4], affine: identity, type: 'int16' }),
    ).rejects.toThrow(/number of values is 150000; must be 200000/);
    expect((await readNifti(path)).data.length).toBe(150_000);
  });

  it('gives the same bytes for the same data', async () => {
    const folder = temporaryFolder();
    const write = async (name: string) => {
      await writeNifti(join(folder, name), Float32Array.of(1, 2), { dims: [2, 1, 1], affine: identity });
      return readFileSync(join(folder, name));
    };
    expect(await write('a.nii.gz')).toEqual(await write('b.nii.gz'));
  });

  it('refuses what NIfTI cannot hold', async () => {
    const path = join(temporaryFolder(), 'a.nii');
    const options = { dims: [2, 1, 1], affine: identity };
    const data = Float32Array.of(1, 2);
    await expect(writeNifti(path, data, { ...options, dims: [2, 2, 1] })).rejects.toThrow(
      /number of values is 2; must be 4/,
    );
    await expect(writeNifti(path, data, { ...options, affine: [1] })).rejects.toThrow(/affine/);
    await expect(writeNifti(path, data, { ...options, description: 'x'.repeat(80) })).rejects.toThrow(
      /description/,
    );
    await expect(writeNifti(`${path}.txt`, data, options)).rejects.toThrow(/named \.nii or \.nii\.gz/);
  });
});

describe('affines', () => {
  it('become the quaternions that nibabel gives them, and come back', () => {
    for (const { affine, qfac, bcd } of golden.quaternions) {
      const quaternion = quaternionOf(affine)!;
      expect(quaternion.qfac).toBe(qfac);
      expectNumbers([quaternion.b, quaternion.c, quaternion.d], bcd, 5);
      const shift = [affine[3]!, affine[7]!, affine[11]!] as const;
      expectNumbers(
        affineOfQuaternion([quaternion.b, quaternion.c, quaternion.d], qfac, voxelSizeMm(affine), shift),
        affine,
        5,
      );
    }
  });

  it('have no quaternion when their axes are skewed', () => {
    expect(quaternionOf([1, 0.5, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])).toBeUndefined();
  });

  it('take points there and back', () => {
    const { affine } = golden.quaternions[3]!;
    const points = [1, 2, 3, -4, 5, 60];
    expectNumbers(applyAffine(invertAffine(affine), applyAffine(affine, points)), points, 3);
    expect(() => invertAffine(new Array(16).fill(0))).toThrow(/invertible/);
  });
});

describe('a damaged NIfTI file', () => {
  it('cut anywhere is refused by name', async () => {
    for (const name of ['nifti1-little-i4.nii', 'nifti2-big-f8.nii.gz']) {
      const whole = madeBytes(name);
      const path = join(temporaryFolder(), name);
      for (let length = 0; length < whole.length; length += 1 + Math.floor(whole.length / 40)) {
        writeFileSync(path, whole.subarray(0, length));
        await expect(readNifti(path)).rejects.toSatisfy(isSharedConceptsError);
        await expect(readNiftiMasked(path, [0, 59])).rejects.toSatisfy(isSharedConceptsError);
      }
    }
  });

  it.each([
    ['no axes', 40, 0, /says it has 0 axes/],
    ['a negative axis', 42, -3, /says axis 1 has length -3/],
    ['an axis longer than the file', 42, 30_000, /bytes of the .* its header speaks of/],
    ['complex numbers', 70, 32, /holds complex64/],
    ['an unknown type', 70, 77, /unknown type \(code 77\)/],
    ['another number of bits', 72, 8, /says 8 bits an element; int32 has 32/],
  ])('with %s in its header is refused by name', async (_, at, value, message) => {
    const bytes = Buffer.from(madeBytes('nifti1-little-i4.nii'));
    bytes.writeInt16LE(value, at);
    await expect(readNifti(fileOf(bytes, 'lying.nii'))).rejects.toThrow(message);
  });

  it('with a wrong checksum is refused, also through a mask', async () => {
    const whole = madeBytes('nifti1-little-i2.nii.gz');
    const path = fileOf(flipped(whole, whole.length - 6, 1), 'sum.nii.gz');
    await expect(readNifti(path)).rejects.toThrow(/gzip data are corrupt/);
    await expect(readNiftiMasked(path, [0])).rejects.toThrow(/gzip data are corrupt/);
  });

  it('with bytes changed anywhere is read or refused by name, and never takes memory it cannot fill', async () => {
    for (const name of [
      'nifti1-big-i2.nii.gz',
      'nifti1-little-i4.nii',
      'nifti2-little-f4.nii.gz',
      'extended.nii.gz',
    ]) {
      const whole = name.endsWith('.gz') ? gunzipSync(madeBytes(name)) : madeBytes(name);
      const path = join(temporaryFolder(), 'changed.nii.gz');
      // Most of what can lie is in the header, and it is changed there under a valid checksum.
      for (let at = 0; at < whole.length; at += at < 560 ? 3 : 97) {
        const bytes = flipped(whole, at, [0x01, 0x80, 0x7f, 0xff][at % 4]!);
        const read = at % 5 ? readNifti : (file: string) => readNiftiMasked(file, [0, 7]);
        await readsOrNames(read, path, at % 2 ? gzipSync(bytes) : bytes, `${name}, byte ${at}`);
      }
    }
  });

  it('that is not there is named', async () => {
    await expect(readNifti('/nowhere/a.nii')).rejects.toThrow('/nowhere/a.nii is missing');
  });
});

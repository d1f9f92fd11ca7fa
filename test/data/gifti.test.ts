import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readGifti,
  readSurface,
  writeGifti,
  writeSurface,
  writeSurfaceLabels,
  writeSurfaceValues,
} from '../../src/data/index.js';
import { matrix, ndarray } from '../../src/util/index.js';
import { fileOf } from './damage.js';
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

describe('readGifti', () => {
  it.each(madeNames(/surf\.gii$/))('reads the encoding of %s as nibabel does', async (name) => {
    const { vertices, faces } = await readSurface(madeFile(name));
    expectNumbers(vertices, golden.made[name]!['vertices']);
    expectNumbers(faces, golden.made[name]!['faces']);
  });

  it.each(madeNames(/func\.gii$/))('reads the byte and array order of %s as nibabel does', async (name) => {
    const { arrays } = await readGifti(madeFile(name));
    expect(arrays[0]!.data.shape).toEqual([6, 3]);
    expectNumbers(arrays[0]!.data.data as Float32Array, golden.made[name]!['rows']);
  });

  it('reads every real GIFTI file as nibabel does', async (context) => {
    for (const [name, entry] of Object.entries(golden.real)) {
      if (!/\.gii(\.gz)?$/.test(name)) continue;
      const { arrays, labels } = await readGifti(realFile(context, name));
      expect(arrays.map(({ intent, data }) => [`NIFTI_INTENT_${intent}`, data.shape])).toEqual(
        entry['arrays'].map(({ intent, dims }: { intent: string; dims: number[] }) => [intent, dims]),
      );
      arrays.forEach(({ data }, index) => {
        expectDigest(data.data, entry['arrays'][index].data);
      });
      expect(Object.fromEntries(labels.map((label) => [String(label.key), label.name]))).toEqual(
        entry['labels'],
      );
    }
  });

  it('reads an array in another file, at its offset', async () => {
    const folder = temporaryFolder();
    const values = Float32Array.of(1.5, -2, 3);
    writeFileSync(
      join(folder, 'external.dat'),
      Buffer.concat([Buffer.alloc(10), Buffer.from(values.buffer)]),
    );
    const path = join(folder, 'external.gii');
    const xml = (
      offset: number,
    ) => `<GIFTI><DataArray Intent="NIFTI_INTENT_NONE" DataType="NIFTI_TYPE_FLOAT32" ArrayIndexingOrder="RowMajorOrder"
      Dimensionality="1" Dim0="3" Encoding="ExternalFileBinary" Endian="LittleEndian" ExternalFileName="external.dat" ExternalFileOffset="${offset}"/></GIFTI>`;
    writeFileSync(path, xml(10));
    expect((await readGifti(path)).arrays[0]!.data.data).toEqual(values);
    writeFileSync(path, xml(11));
    await expect(readGifti(path)).rejects.toThrow(/external\.dat: has 22 bytes of the 23/);
  });

  it('names the missing file of an array that lies elsewhere', async (context) => {
    await expect(readGifti(realFile(context, 'nibabel/external.gii'))).rejects.toThrow(
      /external\.dat is missing/,
    );
  });

  it.each([
    ['Dimensionality="2"', 'Dimensionality="0"', /Dimensionality "0"/],
    ['Dim0="6"', 'Dim0="7"', /7 × 3 float32 are 84/],
    ['Dim0="6"', 'Dim0="-6"', /Dim0 "-6"/],
    ['NIFTI_TYPE_FLOAT32', 'NIFTI_TYPE_COMPLEX64', /DataType "NIFTI_TYPE_COMPLEX64"/],
    ['Base64Binary', 'Rot13', /Encoding "Rot13"/],
    ['LittleEndian', 'MiddleEndian', /Endian "MiddleEndian"/],
    ['</DataArray>', '', /not well-formed/],
    ['Base64Binary', 'ASCII', /array 1 holds 1 numbers; its header says 18/],
    ['Base64Binary', 'GZipBase64Binary', /corrupt compressed data/],
    ['GIFTI', 'GIFFY', /is not GIFTI|not well-formed/],
  ])('names what is wrong when %s is %s', async (from, to, message) => {
    const text = madeBytes('RowMajorOrder-LittleEndian.func.gii').toString().replace(from, to);
    await expect(readGifti(fileOf(text, 'wrong.gii'))).rejects.toThrow(message);
  });
});

describe('writeGifti and what is built on it', () => {
  it.each(['a.surf.gii', 'a.surf.gii.gz'])('a surface reads back as it was written: %s', async (name) => {
    const path = join(temporaryFolder(), name);
    const surface = {
      vertices: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1.25, 0),
      faces: Int32Array.of(0, 1, 2),
    };
    await writeSurface(path, surface, { hemisphere: 'left' });
    expect(await readSurface(path)).toEqual(surface);
    expect((await readGifti(path)).metadata).toEqual({ AnatomicalStructurePrimary: 'CortexLeft' });
  });

  it('values keep their maps, names and NaN', async () => {
    const path = join(temporaryFolder(), 'a.func.gii');
    const values = matrix(2, 3, Float32Array.of(1, Number.NaN, 3, 4, 5, 6));
    await writeSurfaceValues(path, values, { hemisphere: 'right', names: ['a <b> & "c"', 'd'] });
    const { arrays } = await readGifti(path);
    expect(arrays.map(({ metadata }) => metadata['Name'])).toEqual(['a <b> & "c"', 'd']);
    expect([...arrays[0]!.data.data]).toEqual([1, Number.NaN, 3]);
    await expect(writeSurfaceValues(path, values, { names: ['one'] })).rejects.toThrow(
      /names is 1; must be 2/,
    );
  });

  it('labels keep their names and colours; vertices without one share a blank', async () => {
    const path = join(temporaryFolder(), 'a.label.gii');
    const names = new Map([
      [3, 'V1 & ]]> V2'],
      [5, 'hV4'],
    ]);
    const colours = new Map([[3, [255, 0, 127, 255] as const]]);
    await writeSurfaceLabels(
      path,
      { keys: Int32Array.of(3, 5, -1, 9), names, colours },
      { hemisphere: 'left', name: 'areas' },
    );
    const { arrays, labels } = await readGifti(path);
    expect([...arrays[0]!.data.data]).toEqual([3, 5, 0, 0]);
    expect(labels).toEqual([
      { key: 0, name: '???', colour: [0, 0, 0, 0] },
      { key: 3, name: 'V1 & ]]> V2', colour: [255, 0, 127, 255] },
      { key: 5, name: 'hV4', colour: [128, 128, 128, 255] },
    ]);
  });

  it('refuses element types that GIFTI lacks', async () => {
    const arrays = [{ intent: 'NONE', data: ndarray(Float64Array.of(1), [1]), metadata: {} }];
    await expect(writeGifti(join(temporaryFolder(), 'a.gii'), { arrays })).rejects.toThrow(
      /float64"; must be float32/,
    );
  });
});

describe('readSurface', () => {
  it('refuses faces that name no vertex, and points that are not finite', async () => {
    const path = join(temporaryFolder(), 'a.gii');
    const vertices = Float32Array.of(0, 0, 0, 1, 0, 0);
    await writeSurface(path, { vertices, faces: Int32Array.of(0, 1, 2) });
    await expect(readSurface(path)).rejects.toThrow(/face 0 names vertex 2; there are 2/);
    await writeSurface(path, { vertices: vertices.map(() => Number.NaN), faces: Int32Array.of(0, 1, 0) });
    await expect(readSurface(path)).rejects.toThrow(/vertex 0 is at NaN/);
    await writeSurfaceValues(path, vertices);
    await expect(readSurface(path)).rejects.toThrow(/holds no POINTSET array/);
  });
});

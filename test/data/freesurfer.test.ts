import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  patchSurface,
  readAnnot,
  readCtab,
  readCurv,
  readLabel,
  readMgh,
  readPatch,
  readSurface,
  readSurfaceLabels,
  readSurfaceValues,
  writeSurfaceLabels,
  writeSurfaceValues,
} from '../../src/data/index.js';
import { matrix } from '../../src/util/index.js';
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

describe('readMgh', () => {
  it.each(madeNames(/^mgh/))('reads what nibabel reads: %s', async (name) => {
    const { dims, affine, type, data } = await readMgh(madeFile(name));
    expect([dims, type]).toEqual([golden.made[name]!['dims'], golden.made[name]!['stored']]);
    expectNumbers(affine, golden.made[name]!['affine'], 4);
    expectDigest(data, golden.made[name]!['data']);
  });

  it('reads every real file as nibabel does', async (context) => {
    for (const name of Object.keys(golden.real).filter((key) => /\.mg[hz]$/.test(key))) {
      const { dims, affine, data } = await readMgh(realFile(context, name));
      expect(dims).toEqual(golden.real[name]!['dims']);
      expectNumbers(affine, golden.real[name]!['affine'], 3);
      expectDigest(data, golden.real[name]!['data']);
    }
  });

  it('names what is wrong: another version, an unknown type, an end too early', async () => {
    await expect(readMgh(fileOf(Buffer.alloc(300)))).rejects.toThrow(/does not begin with version 1/);
    const header = Buffer.alloc(300);
    for (const [index, value] of [1, 2, 2, 2, 1, 9].entries()) header.writeInt32BE(value, 4 * index);
    await expect(readMgh(fileOf(header))).rejects.toThrow(/elements of type 9/);
    header.writeInt32BE(3, 20);
    await expect(readMgh(fileOf(header))).rejects.toThrow(/has 300 bytes of the 316/);
    header.writeInt32BE(-2, 4);
    await expect(readMgh(fileOf(header))).rejects.toThrow(/says it is -2 × 2 × 2 × 1/);
  });
});

describe('FreeSurfer surfaces', () => {
  it('read as nibabel reads them', async (context) => {
    const made = golden.made['lh.white']!;
    const surface = await readSurface(madeFile('lh.white'));
    expectNumbers(surface.vertices, made['vertices']);
    expectNumbers(surface.faces, made['faces']);
    const real = await readSurface(realFile(context, 'fsformats/lh.tinysurface'));
    expectDigest(real.vertices, golden.real['fsformats/lh.tinysurface']!['vertices']);
    expectDigest(real.faces, golden.real['fsformats/lh.tinysurface']!['faces']);
  });

  it('made of quadrangles are cut in two by the parity of the first vertex', async () => {
    const bytes = Buffer.alloc(3 + 6 + 4 * 6 + 2 * 12);
    bytes.writeUIntBE(0xffffff, 0, 3);
    bytes.writeUIntBE(4, 3, 3);
    bytes.writeUIntBE(2, 6, 3);
    [0, 0, 0, 100, 0, 0, 100, 150, 0, 0, 100, -25].forEach((value, i) => {
      bytes.writeInt16BE(value, 9 + 2 * i);
    });
    [0, 1, 2, 3, 1, 2, 3, 0].forEach((value, i) => {
      bytes.writeUIntBE(value, 33 + 3 * i, 3);
    });
    const { vertices, faces } = await readSurface(fileOf(bytes));
    expect([...vertices]).toEqual([0, 0, 0, 1, 0, 0, 1, 1.5, 0, 0, 1, -0.25]);
    expect([...faces]).toEqual([0, 1, 3, 2, 3, 1, 1, 2, 3, 1, 3, 0]);
  });

  it('as text are read too', async () => {
    const text = '#!ascii version of lh.x\n3 1\n0 0 0 0\n1 0 0 0\n0 1.5 0 0\n0 1 2 0\n';
    expect(await readSurface(fileOf(text))).toEqual({
      vertices: Float32Array.of(0, 0, 0, 1, 0, 0, 0, 1.5, 0),
      faces: Int32Array.of(0, 1, 2),
    });
    await expect(readSurface(fileOf(text.replace('3 1', '4 1')))).rejects.toThrow(/holds 18 numbers/);
  });

  it('lying of their size are refused before anything is allocated', async () => {
    const bytes = Buffer.from(madeBytes('lh.white'));
    const at = bytes.indexOf('\n\n') + 2;
    bytes.writeInt32BE(0x7fffffff, at);
    await expect(readSurface(fileOf(bytes))).rejects.toThrow(/says it has 2147483647 vertices, but/);
    await expect(readSurface(fileOf('neither'))).rejects.toThrow(/neither GIFTI nor a FreeSurfer surface/);
  });
});

describe('values and labels of vertices', () => {
  it('curvature reads as nibabel reads it, old form and new', async (context) => {
    expectNumbers(await readCurv(madeFile('lh.curv')), golden.made['lh.curv']!['curv']);
    const old = Buffer.from([0, 0, 2, 0, 0, 4, 0, 150, 0xff, 0x9c]);
    expect([...(await readCurv(fileOf(old)))]).toEqual([1.5, -1]);
    await expect(readCurv(fileOf(Buffer.concat([old, old])))).rejects.toThrow(
      /is not a FreeSurfer file of one value/,
    );
    expectDigest(
      await readCurv(realFile(context, 'fsformats/lh.thickness')),
      golden.real['fsformats/lh.thickness']!['curv'],
    );
  });

  it('annotations read as nibabel reads them', async (context) => {
    for (const [path, entry] of [
      [madeFile('lh.annot'), golden.made['lh.annot']!],
      [realFile(context, 'fsformats/lh.aparc.annot.gz'), golden.real['fsformats/lh.aparc.annot.gz']!],
    ] as const) {
      const { keys, names, colours } = await readAnnot(path);
      if (Array.isArray(entry['labels'])) expect([...keys]).toEqual(entry['labels']);
      else expectDigest(keys, entry['labels']);
      expect([...names.values()]).toEqual(entry['names']);
      expect([...colours!.values()].map(([r, g, b, a]) => [r, g, b, 255 - a])).toEqual(entry['colours']);
    }
  });

  it('labels read as nibabel reads them', async (context) => {
    const name = 'fsformats/lh.entorhinal_exvivo.label';
    const { vertices, values, coordinates } = await readLabel(realFile(context, name));
    expectDigest(vertices, golden.real[name]!['vertices']);
    expectDigest(values, golden.real[name]!['values']);
    expect(coordinates.length).toBe(3 * vertices.length);
  });

  it('a label that is cut or holds text is refused', async () => {
    expect((await readLabel(fileOf('#!ascii\n1\n7 1 2 3 0.5\n'))).vertices[0]).toBe(7);
    await expect(readLabel(fileOf('#!ascii\n2\n7 1 2 3 0.5'))).rejects.toThrow(/has 1 of the 2 vertices/);
    await expect(readLabel(fileOf('#!ascii\n1\n7 1 2 x 0.5\n'))).rejects.toThrow(/line 3/);
    await expect(readLabel(fileOf('hello'))).rejects.toThrow(/is not a FreeSurfer label/);
  });

  it('a patch gives its part of the surface, laid flat, under the vertices’ own numbers', async () => {
    const bytes = Buffer.alloc(8 + 3 * 16);
    bytes.writeInt32BE(-1, 0);
    bytes.writeInt32BE(3, 4);
    for (const [i, vertex] of [1, -3, 4].entries()) {
      bytes.writeInt32BE(vertex, 8 + 16 * i);
      bytes.writeFloatBE(i + 0.5, 12 + 16 * i);
    }
    const patch = await readPatch(fileOf(bytes));
    expect([[...patch.vertices], [...patch.isBorder]]).toEqual([
      [0, 2, 3],
      [0, 1, 0],
    ]);
    const whole = { vertices: new Float32Array(12), faces: Int32Array.of(0, 2, 3, 0, 1, 2) };
    const flat = patchSurface(patch, whole);
    expect([...flat.faces]).toEqual([0, 2, 3]);
    expect([...flat.vertices.subarray(0, 6)]).toEqual([0.5, 0, 0, Number.NaN, Number.NaN, Number.NaN]);
    await expect(readPatch(fileOf(bytes.subarray(0, 40)))).rejects.toThrow(
      /says it has 3 vertices, but 32 bytes follow/,
    );
  });

  it('a colour table gives names and colours, comments passed over', async () => {
    const table = await readCtab(
      fileOf('# ROI\n0 Unknown 0 0 0 0\n1  V1v  255 0 0 0\n2 two words\n', 'x.mgz.ctab'),
    );
    expect([...table.names]).toEqual([
      [0, 'Unknown'],
      [1, 'V1v'],
      [2, 'two words'],
    ]);
    expect(table.colours.get(1)).toEqual([255, 0, 0, 255]);
    await expect(readCtab(fileOf('V1 one\n'))).rejects.toThrow(/line 1/);
    await expect(readCtab(fileOf('\n'))).rejects.toThrow(/no colours/);
  });

  it('the format is told by the content: GIFTI, MGH or curvature; label.gii or annot; gzipped or not', async () => {
    const folder = temporaryFolder();
    const values = Float32Array.of(1, 2.5, Number.NaN);
    await writeSurfaceValues(join(folder, 'a.func.gii'), matrix(2, 3, Float32Array.of(...values, 4, 5, 6)));
    expect((await readSurfaceValues(join(folder, 'a.func.gii'))).shape).toEqual([2, 3]);
    expect((await readSurfaceValues(madeFile('lh.curv'))).shape).toEqual([1, 6]);
    expect((await readSurfaceValues(fileOf(gzipSync(madeBytes('lh.curv'))))).shape).toEqual([1, 6]);
    expect((await readSurfaceValues(madeFile('mgh-f4.mgz'))).shape).toEqual([2, 60]);
    const labels = await readAnnot(madeFile('lh.annot'));
    await writeSurfaceLabels(join(folder, 'a.label.gii'), labels);
    const back = await readSurfaceLabels(join(folder, 'a.label.gii'));
    const named = ({ keys, names }: typeof labels) => Array.from(keys, (key) => names.get(key));
    expect(named(back).map((name) => (name === '???' ? undefined : name))).toEqual(named(labels));
  });
});

it('bytes changed or cut anywhere give a reading or a named error, never anything else', async () => {
  const patch = Buffer.alloc(8 + 16 * 3);
  for (const [index, value] of [-1, 3].entries()) patch.writeInt32BE(value, 4 * index);
  for (let v = 0; v < 3; v++) patch.writeInt32BE(v + 1, 8 + 16 * v);
  const label = '#!ascii label\n3\n0 1 2 3 0.5\n4 -1 2.5 3 0\n9 1e2 2 3 1\n';
  const ctab = '0 Unknown 0 0 0 0\n1 V1v 255 0 0 0\n2 V1d 0 255 0 0\n';
  const readers: [string, (path: string) => Promise<unknown>, Uint8Array?][] = [
    ['lh.white', readSurface],
    ['lh.curv', readCurv],
    ['lh.annot', readAnnot],
    ['mgh-i2.mgz', readMgh],
    ['B64GZ.surf.gii', readSurface],
    ['ASCII.surf.gii', readSurface],
    ['lh.label', readLabel, Buffer.from(label)],
    ['lh.patch', readPatch, patch],
    ['streams.mgz.ctab', readCtab, Buffer.from(ctab)],
  ];
  for (const [name, read, bytesOf] of readers) {
    const whole = bytesOf ?? madeBytes(name);
    const path = join(temporaryFolder(), name);
    const step = Math.max(1, Math.floor(whole.length / 60));
    for (let at = 0; at < whole.length; at += step) {
      for (const flip of [0x01, 0x80, 0xff, -1]) {
        const bytes = flip < 0 ? whole.subarray(0, at) : flipped(whole, at, flip);
        await readsOrNames(read, path, bytes, `${name}, byte ${at}, ${flip}`);
      }
    }
    await readsOrNames(read, path, whole, name);
    await expect(read(path)).resolves.toBeDefined();
  }
});

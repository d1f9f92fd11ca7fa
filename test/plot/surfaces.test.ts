import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNifti, readSurfaceValues, writeSurface, writeSurfaceValues } from '../../src/data/index.js';
import { mergeLabels, placeVoxels, readMapGeometry, saveMap } from '../../src/plot/index.js';
import { ellipsoids, where } from './ellipsoids.js';

const geometry = ellipsoids();
const folder = () => mkdtemp(join(tmpdir(), 'sdc-surfaces-'));
const affine = Float64Array.of(2, 0, 0, -10, 0, 2, 0, -20, 0, 0, 2, -5, 0, 0, 0, 1);

describe('placeVoxels', () => {
  const voxels = {
    nVoxels: 4,
    hemisphere: ['left', 'left', 'right', ''] as const,
    vertex: Int32Array.of(600, 600, 10, -1),
    rois: {},
    values: {},
  };
  it('gives a vertex the voxels that name it and, within reach, those of the nearest', () => {
    const exact = placeVoxels(voxels, geometry, { reach: 0 });
    expect(exact.analysed.left!.reduce((a, b) => a + b)).toBe(1);
    expect(exact.voxel.left![600]).toBe(0);
    // Vertex 600 of the grid of triangles has six neighbours.
    expect(placeVoxels(voxels, geometry, { reach: 1 }).analysed.left!.reduce((a, b) => a + b)).toBe(7);
  });
  it('takes a mask where any voxel is inside, and the mean of values without NaN', () => {
    const placed = placeVoxels(voxels, geometry, { reach: 0 });
    expect(placed.mask([0, 1, 0, 1]).left![600]).toBe(1);
    expect(placed.mask([0, 1, 0, 1]).right![10]).toBe(0);
    expect(placed.values([1, 3, Number.NaN, 0]).left![600]).toBe(2);
    expect(placed.values([Number.NaN, 3, Number.NaN, 0]).left![600]).toBe(3);
    expect(placed.values([1, 3, Number.NaN, 0]).right![10]).toBeNaN();
    expect(placed.values([1, 3, 5, 0]).left![0]).toBeNaN();
  });
  it('names what is missing or does not fit', () => {
    expect(() => placeVoxels({ nVoxels: 1, rois: {}, values: {} }, geometry)).toThrow(
      /add the columns "hemisphere"/,
    );
    expect(() => placeVoxels({ ...voxels, vertex: Int32Array.of(9999, 0, 0, -1) }, geometry)).toThrow(
      /vertex of voxel 0/,
    );
    expect(() => placeVoxels(voxels, geometry).mask([1])).toThrow(/one a voxel, 4/);
  });
});

it('mergeLabels keeps the first system that names a vertex', () => {
  const a = { keys: Int32Array.of(0, 7, 7), names: new Map([[7, 'FFA']]) };
  const b = { keys: Int32Array.of(7, 7, 0), names: new Map([[7, 'V1']]) };
  const { keys, names } = mergeLabels([a, b]);
  expect(Array.from(keys, (key) => names.get(key))).toEqual(['V1', 'FFA', 'FFA']);
  expect(() => mergeLabels([a, { ...b, keys: Int32Array.of(1) }])).toThrow(/region system 1/);
});

describe('saveMap', () => {
  it('writes voxels as NIfTI, one volume a layer, in the grid’s own order', async () => {
    const path = join(await folder(), 'map.nii.gz');
    const layers = [
      { name: 'a', ijk: Int32Array.of(1, 2, 3) },
      { name: 'b', ijk: Int32Array.of(0, 0, 0, 4, 5, 6) },
    ];
    expect(await saveMap(path, layers, { shape: [5, 6, 7], affine })).toEqual([path]);
    const image = await readNifti(path);
    expect(image.header.dims).toEqual([5, 6, 7, 2]);
    const inside = Array.from(image.data as Float32Array).flatMap((value, i) => (value ? [i] : []));
    expect(inside).toEqual([1 + 5 * (2 + 6 * 3), 210, 419]);
  });
  it('writes vertices as GIFTI, one file a hemisphere', async () => {
    const path = join(await folder(), 'map.func.gii');
    const left = where(geometry.left!, (_, y) => y < 0);
    const files = await saveMap(path, [{ name: 'a', mask: { left } }], geometry);
    expect(files).toEqual([path.replace('.func', '_hemi-L.func'), path.replace('.func', '_hemi-R.func')]);
    expect(Uint8Array.from((await readSurfaceValues(files[0]!)).data)).toEqual(left);
  });
  it('writes values as they are, NaN where there is none', async () => {
    const path = join(await folder(), 'values.nii');
    const layers = [
      { name: 'a', ijk: Int32Array.of(1, 2, 3, 4, 5, 6), values: [0.5, -2] },
      { name: 'b', ijk: Int32Array.of(0, 0, 0) },
    ];
    await saveMap(path, layers, { shape: [5, 6, 7], affine });
    const { data } = await readNifti(path);
    const finite = Array.from(data as Float32Array).flatMap((value, i) => (value ? [[i, value]] : []));
    expect(finite).toEqual([
      [1 + 5 * (2 + 6 * 3), 0.5],
      [209, -2],
      [210, 1],
    ]);
    expect(data[0]).toBeNaN();
    const left = Float32Array.from(
      where(geometry.left!, () => true),
      (_, v) => (v % 3 ? v / 7 : Number.NaN),
    );
    const [own, other] = await saveMap(
      join(await folder(), 'v.gii'),
      [{ name: 'ceiling', values: { left } }],
      geometry,
    );
    expect(Float32Array.from((await readSurfaceValues(own!)).data)).toEqual(left);
    expect((await readSurfaceValues(other!)).data.every(Number.isNaN)).toBe(true);
    await expect(
      saveMap(path, [{ name: 'a', ijk: Int32Array.of(0, 0, 0), values: [1, 2] }], {
        shape: [5, 6, 7],
        affine,
      }),
    ).rejects.toThrow(/values of a is 2; must be one a voxel, 1/);
  });
  it('refuses other files, no layer, and masks that do not fit', async () => {
    await expect(saveMap('map.txt', [{ name: 'a', mask: {} }], geometry)).rejects.toThrow(/map\.txt/);
    await expect(saveMap('map.gii', [], geometry)).rejects.toThrow(/at least one/);
    const mask = { left: new Uint8Array(3) };
    await expect(saveMap(join(await folder(), 'm.gii'), [{ name: 'a', mask }], geometry)).rejects.toThrow(
      /mask of a/,
    );
  });
});

describe('readMapGeometry', () => {
  for (const [name, file] of [
    ['nilearn', (kind: string, side: string) => `${kind}_${side}.gii.gz`],
    ['BIDS-like', (kind: string, side: string) => `hemi-${side[0]!.toUpperCase()}_${kind}.surf.gii`],
  ] as const) {
    it(`finds surfaces and curvature under ${name} names`, async () => {
      const at = await folder();
      await writeSurface(join(at, file('pial', 'left')), geometry.left!.pial!, { hemisphere: 'left' });
      await writeSurface(join(at, file('flat', 'left')), geometry.left!.flat!);
      await writeSurfaceValues(join(at, file('curv', 'left')), geometry.left!.curvature!);
      const read = await readMapGeometry(at);
      expect(Object.keys(read)).toEqual(['left']);
      expect(Object.keys(read.left!).sort()).toEqual(['curvature', 'flat', 'pial']);
      expect(read.left!.pial!.vertices).toEqual(geometry.left!.pial!.vertices);
      expect(read.left!.curvature).toEqual(geometry.left!.curvature);
    });
  }
  it('names a folder without surfaces', async () => {
    await expect(readMapGeometry(await folder())).rejects.toThrow(/holds no surface/);
    await expect(readMapGeometry('/nowhere')).rejects.toThrow(/cannot be read/);
  });
});

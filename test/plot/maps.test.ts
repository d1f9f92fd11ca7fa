import { describe, expect, it } from 'vitest';
import {
  conceptMap,
  type Figure,
  glassBrain,
  type MapGeometry,
  participantColours,
  pictureMosaic,
  surfaceMap,
  valueMap,
  volumeSlices,
} from '../../src/plot/index.js';
import { mapSheet } from '../../src/plot/maps/mapSheet.js';
import { decodePng, pixelsOf } from './decodePng.js';
import { ellipsoids, where } from './ellipsoids.js';
import { fsaverage5, hasFsaverage } from './fsaverage.js';

const geometry = ellipsoids();
const images = (figure: Figure) =>
  (figure.layout['images'] as { source: string }[]).map((image) => image.source);
const legend = (figure: Figure) =>
  figure.data
    .filter((trace) => trace['showlegend'])
    .map((trace) => [trace['name'], (trace['marker'] as { color: string }).color]);
const none = (half: 'left' | 'right', g = geometry) => where(g[half]!, () => false);
const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
const blue = participantColours(1)[0]!;
const layer = (left: Uint8Array, right: Uint8Array) => [{ name: 'sub-01', mask: { left, right } }];

describe('orientation on the flat map', () => {
  const grounds = { ellipsoids: async () => geometry, fsaverage5 };
  for (const [name, make] of Object.entries(grounds)) {
    const groundOf = (context: { skip(note?: string): never }): Promise<MapGeometry> =>
      name === 'fsaverage5' && !hasFsaverage ? context.skip('../shared/data/fsaverage5 is not here') : make();
    it(`${name}: left is left`, async (context) => {
      const ground = await groundOf(context);
      const figure = conceptMap(
        layer(
          where(ground.left!, () => true),
          none('right', ground),
        ),
        ground,
        { outlines: false },
      );
      const { x, width } = pixelsOf(images(figure)[1]!, blue);
      expect(x.every((column) => column < width / 2)).toBe(true);
      expect(x.length).toBeGreaterThan(1000);
    });
    it(`${name}: posterior is in the middle, superior above`, async (context) => {
      const ground = await groundOf(context);
      const posterior = (_: number, y: number) => y < -80;
      const figure = conceptMap(
        layer(where(ground.left!, posterior), where(ground.right!, posterior)),
        ground,
        { outlines: false },
      );
      const back = pixelsOf(images(figure)[1]!, blue);
      expect(mean(back.x.map((x) => Math.abs(x / back.width - 0.5)))).toBeLessThan(0.13);
      const superior = (_: number, y: number, z: number) => z > 55 && y < 20;
      const top = conceptMap(layer(where(ground.left!, superior), where(ground.right!, superior)), ground, {
        outlines: false,
      });
      const above = pixelsOf(images(top)[1]!, blue);
      expect(mean(above.y) / above.height).toBeLessThan(0.4);
    });
  }
});

it('standard views show a posterior blob of the left hemisphere where it must be in each panel', () => {
  const blob = where(geometry.left!, (_, y) => y < -75);
  const figure = conceptMap(layer(blob, none('right')), geometry, { view: 'inflated', outlines: false });
  const { x, y } = pixelsOf(images(figure)[1]!, blue);
  const { panels } = mapSheet(geometry, 'inflated');
  const place = (label: string) => {
    const panel = panels.find((p) => p.label === label)!;
    const inside = x
      .map((value, i) => [(value - panel.x) / panel.width, (y[i]! - panel.y) / panel.height] as const)
      .filter(([u, v]) => u >= 0 && u <= 1 && v >= 0 && v <= 1);
    return inside.length ? { u: mean(inside.map(([u]) => u)), v: mean(inside.map(([, v]) => v)) } : undefined;
  };
  expect(place('left, lateral')!.u).toBeGreaterThan(0.8);
  expect(place('left, medial')!.u).toBeLessThan(0.2);
  expect(place('right, lateral')).toBeUndefined();
  expect(place('from behind')!.u).toBeLessThan(0.5);
  expect(place('from below')!.u).toBeGreaterThan(0.5);
  expect(place('from below')!.v).toBeGreaterThan(0.8);
  expect(place('from above')!.u).toBeLessThan(0.5);
  expect(place('from above')!.v).toBeGreaterThan(0.8);
});

describe('conceptMap', () => {
  const half = where(geometry.left!, (_, y) => y < 0);
  const back = where(geometry.left!, (_, y) => y < -40);
  const two = [
    { name: 'sub-01', mask: { left: half }, nVoxels: 321 },
    { name: 'sub-02', mask: { left: back }, nVoxels: 1234 },
  ];
  const figure = conceptMap(two, geometry, { outlines: false });

  it('has on the map exactly the colours of the legend, and white where layers overlap', () => {
    const [first, , overlap] = legend(figure);
    expect(overlap).toEqual(['overlap', '#FFFFFF']);
    const png = decodePng(images(figure)[1]!);
    const seen = new Set<string>();
    for (let y = 0; y < png.height; y += 2) for (let x = 0; x < png.width; x += 2) seen.add(png.at(x, y));
    // sub-02 lies wholly inside sub-01: its own colour is nowhere.
    expect([...seen].sort()).toEqual(['#00000000', `${first![1]}FF`, '#FFFFFFFF'].sort());
  });
  it('counts voxels in the legend', () => {
    expect(legend(figure).map(([name]) => name)).toEqual([
      'sub-01  <i>321</i>',
      'sub-02  <i>1,234</i>',
      'overlap',
    ]);
  });
  it('leaves the overlap out of the legend where there is none', () => {
    expect(legend(conceptMap(two.slice(0, 1), geometry)).length).toBe(1);
  });
  it('is the bare cortex, with no legend, where there is no layer', () => {
    const bare = conceptMap([], geometry);
    expect(legend(bare)).toEqual([]);
    expect(bare.description).toContain('none');
  });
  it('works with one hemisphere', () => {
    expect(conceptMap(two, { left: geometry.left! }).description).toContain('321');
  });
  it('draws one map a layer side by side', () => {
    const tiles = conceptMap(two, geometry, { sideBySide: true, outlines: false });
    expect(images(tiles).length).toBe(4);
    expect(Object.keys(tiles.layout).filter((key) => key.startsWith('xaxis'))).toEqual(['xaxis', 'xaxis2']);
  });
  it('draws cortex without data faint', () => {
    const faint = conceptMap(two, geometry, { outlines: false, analysed: { left: half } });
    const png = decodePng(images(faint)[0]!);
    const alphas = new Set<string>();
    for (let x = 0; x < png.width; x++) alphas.add(png.at(x, png.height >> 1).slice(7));
    expect([...alphas].sort()).toEqual(['00', '6E', 'FF']);
  });
  it('names the hemisphere whose mask does not fit the surface', () => {
    expect(() => conceptMap([{ name: 'sub-01', mask: { left: new Uint8Array(7) } }], geometry)).toThrow(
      /mask of sub-01, left hemisphere is 7; must be one value for each of the surface's 1200 vertices/,
    );
  });
  it('names the surfaces there are where one is missing', () => {
    const { flat: _, ...rest } = geometry.left!;
    expect(() => conceptMap(two, { left: rest })).toThrow(
      'surface is "flat"; must be one that the geometry has: inflated, pial',
    );
    expect(() => conceptMap(two, {})).toThrow(/no surface at all/);
  });
  it('refuses surfaces of one hemisphere that differ in vertices', () => {
    const wrong = { left: { ...geometry.left!, curvature: new Float32Array(3) } };
    expect(() => conceptMap(two, wrong)).toThrow('vertices of the left curvature is 3');
  });
  it('gives the same bytes for the same masks and leaves them alone', () => {
    const before = half.slice();
    expect(JSON.stringify(conceptMap(two, geometry))).toBe(JSON.stringify(conceptMap(two, geometry)));
    expect(half).toEqual(before);
  });
});

describe('region outlines', () => {
  const keys = Int32Array.from(where(geometry.left!, (_, y) => y < -50));
  const rois = { keys, names: new Map([[1, 'V1']]) };
  const named = conceptMap([], { ...geometry, left: { ...geometry.left!, rois } });
  it('are drawn over the map and named', () => {
    expect(images(named).length).toBe(3);
    expect((named.layout['annotations'] as { text: string }[]).map(({ text }) => text)).toContain('V1');
  });
  it('run along the border only, not around the cortex', () => {
    const { x, width } = pixelsOf(images(named)[2]!, '#14171C');
    expect(x.length).toBe(0);
    const png = decodePng(images(named)[2]!);
    let dark = 0;
    for (let row = 0; row < png.height; row++) {
      for (let column = 0; column < width; column++) if (png.at(column, row) === '#14171CE1') dark++;
    }
    expect(dark).toBeGreaterThan(200);
    expect(dark).toBeLessThan(0.02 * width * png.height);
  });
});

describe('valueMap', () => {
  const values = Float32Array.from(
    where(geometry.left!, () => true),
    (_, v) => (v % 5 ? v / 100 : Number.NaN),
  );
  it('leaves NaN transparent and says how much was drawn', () => {
    expect(valueMap({ left: values }, geometry).description).toContain('960 of 2400');
  });
  it('is symmetric about zero where a value is negative', () => {
    const signed = valueMap({ left: values.map((value) => value - 5) }, geometry, { outlines: false });
    const bar = signed.data.find((trace) => (trace['marker'] as { showscale?: boolean })?.showscale)!;
    const { cmin, cmax } = bar['marker'] as { cmin: number; cmax: number };
    expect(cmin).toBe(-cmax);
  });
  it('refuses negative values on a positive scale', () => {
    expect(() => valueMap({ left: values.map(() => -1) }, geometry, { scale: 'positive' })).toThrow(
      /at least 0/,
    );
  });
  it('draws values that are all NaN as bare cortex', () => {
    expect(valueMap({ left: values.map(() => Number.NaN) }, geometry).description).toContain('0 of 2400');
  });
});

describe('surfaceMap', () => {
  it('has one mesh a hemisphere with one code a face', () => {
    const figure = surfaceMap(
      layer(
        where(geometry.left!, (_, y) => y < 0),
        none('right'),
      ),
      geometry,
    );
    const meshes = figure.data.filter((trace) => trace.type === 'mesh3d');
    expect(meshes.map((mesh) => mesh['name'])).toEqual(['left', 'right']);
    const codes = meshes.map((mesh) => Buffer.from((mesh['intensity'] as { bdata: string }).bdata, 'base64'));
    expect(codes[0]!.length).toBe(geometry.left!.pial!.faces.length / 3);
    expect(codes[0]!.includes(24)).toBe(true);
    expect(codes[1]!.includes(24)).toBe(false);
  });
});

describe('volumeSlices', () => {
  const shape = [20, 30, 25] as const;
  const las = [-2, 0, 0, 20, 0, 2, 0, -30, 0, 0, 2, -20, 0, 0, 0, 1];
  const ras = [2, 0, 0, -18, 0, 2, 0, -30, 0, 0, 2, -20, 0, 0, 0, 1];
  // Left (x < 0), posterior (y < 0), superior (z > 0) in millimetres, whatever the order of the voxels.
  const find = (affine: readonly number[], x: number, y: number, z: number) => [
    Math.round((x - affine[3]!) / affine[0]!),
    Math.round((y - affine[7]!) / affine[5]!),
    Math.round((z - affine[11]!) / affine[10]!),
  ];
  for (const [name, affine] of [
    ['LAS', las],
    ['RAS', ras],
  ] as const) {
    it(`${name}: a left posterior superior voxel is left of the middle, and low on axial slices`, () => {
      const ijk = Int32Array.from(find(affine, -10, -20, 20));
      const figure = volumeSlices([{ name: 'a', ijk }], { shape, affine });
      const { x, y } = pixelsOf(images(figure)[1]!, blue);
      const third = decodePng(images(figure)[1]!).width / 3;
      const inPanel = (panel: number) =>
        x.flatMap((value, i) =>
          Math.floor(value / third) === panel ? [[value - panel * third, y[i]!]] : [],
        );
      const [sagittal, coronal, axial] = [0, 1, 2].map((panel) => inPanel(panel) as [number, number][]);
      expect(mean(sagittal!.map(([u]) => u)) / third).toBeLessThan(0.4);
      expect(mean(coronal!.map(([u]) => u)) / third).toBeLessThan(0.5);
      expect(mean(axial!.map(([u]) => u)) / third).toBeLessThan(0.5);
      expect(mean(axial!.map(([, v]) => v))).toBeGreaterThan(mean(coronal!.map(([, v]) => v)));
    });
  }
  it('turns volumes whose axes are stored in another order', () => {
    const sagittalFirst = [0, 0, -2, 20, -2, 0, 0, 30, 0, 2, 0, -20, 0, 0, 0, 1];
    const figure = volumeSlices([{ name: 'a', ijk: Int32Array.of(3, 4, 5) }], {
      shape: [30, 25, 20],
      affine: sagittalFirst,
    });
    const labels = (figure.layout['annotations'] as { text: string }[]).map(({ text }) => text);
    expect(labels).toEqual(['x = 10 mm  (P – A)', 'y = 24 mm  (L – R)', 'z = -12 mm  (L – R)']);
  });
  it('refuses voxels outside the grid', () => {
    expect(() => volumeSlices([{ name: 'a', ijk: Int32Array.of(0, 99, 0) }], { shape, affine: las })).toThrow(
      /voxel 0 of a/,
    );
  });
});

describe('glassBrain', () => {
  it('puts a left posterior superior cloud where it must be from each side', () => {
    const xyzMm = Float32Array.from([-30, -80, 50]);
    const figure = glassBrain([{ name: 'a', xyzMm }], { geometry });
    const { x, y, width, height } = pixelsOf(images(figure)[1]!, blue);
    const annotations = figure.layout['annotations'] as { x: number }[];
    const [side, behind, above] = annotations.map((a) => a.x);
    const columns = [...new Set(x)].sort((a, b) => a - b);
    const near = (middle: number) => columns.filter((value) => Math.abs(value - middle) < width / 6.2);
    expect(mean(near(side!))).toBeGreaterThan(side!);
    expect(mean(near(behind!))).toBeLessThan(behind!);
    expect(mean(near(above!))).toBeLessThan(above!);
    expect(y.length).toBeGreaterThan(0);
    expect(mean(y.filter((_, i) => x[i]! < width * 0.65)) / height).toBeLessThan(0.5);
  });
  it('refuses positions that are not finite', () => {
    expect(() => glassBrain([{ name: 'a', xyzMm: Float32Array.of(0, Number.NaN, 1) }])).toThrow(
      /position 0 of a/,
    );
  });
});

it('pictureMosaic shows each place’s picture, each written once', () => {
  const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');
  const best = {
    left: Int32Array.from(
      where(geometry.left!, (_, y) => y < 0),
      (inside) => (inside ? 0 : -1),
    ),
  };
  const figure = pictureMosaic([svg, svg], best, geometry);
  const mosaic = Buffer.from(images(figure)[1]!.split(',')[1]!, 'base64').toString();
  expect(mosaic.match(/<image /g)?.length).toBe(1);
  expect(mosaic.match(/<use /g)!.length).toBeGreaterThan(20);
  expect(() => pictureMosaic([svg], { left: new Int32Array(1200).fill(5) }, geometry)).toThrow(
    /picture of vertex 0/,
  );
});

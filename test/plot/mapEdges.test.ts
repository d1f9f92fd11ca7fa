import { describe, expect, it } from 'vitest';
import {
  conceptMap,
  type Explorer,
  type Figure,
  glassBrain,
  participantColours,
  pictureMosaic,
  renderExplorer,
  renderPage,
  surfaceMap,
  valueMap,
  volumeSlices,
} from '../../src/plot/index.js';
import { layerCodes } from '../../src/plot/maps/layerCodes.js';
import { decodePng } from './decodePng.js';
import { ellipsoids, where } from './ellipsoids.js';
import { fsaverage5, hasFsaverage } from './fsaverage.js';

const geometry = ellipsoids();
const left = geometry.left!;
const n = left.pial!.vertices.length / 3;
const shape = [12, 12, 12] as const;
const affine = [4, 0, 0, -24, 0, 4, 0, -24, 0, 0, 4, -24, 0, 0, 0, 1];
/** A bar of 5 × 2 × 2 voxels from a place on. */
const bar = (from: number) =>
  Int32Array.from({ length: 3 * 20 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return [from + (cell % 5), 5 + (Math.floor(cell / 5) % 2), 5 + Math.floor(cell / 10)][i % 3]!;
  });

/** Every map of layers, of `count` participants who overlap in part; 0 voxels each where `isEmpty`. */
function mapsOf(count: number, isEmpty = false): Record<string, Figure> {
  const names = Array.from({ length: count }, (_, i) => `sub-0${i + 1}`);
  const masks = names.map((name, i) => ({
    name,
    mask: { left: where(left, (_, y) => !isEmpty && y < 40 - 40 * i && y > -20 - 40 * i) },
  }));
  const voxels = names.map((name, i) => ({ name, ijk: isEmpty ? new Int32Array(0) : bar(3 * i) }));
  const clouds = voxels.map(({ name, ijk }) => ({ name, xyzMm: Float32Array.from(ijk, (v) => 4 * v - 24) }));
  return {
    flat: conceptMap(masks, geometry),
    views: conceptMap(masks, geometry, { view: 'inflated' }),
    tiles: conceptMap(masks, geometry, { sideBySide: true }),
    mesh: surfaceMap(masks, geometry),
    slices: volumeSlices(voxels, { shape, affine }),
    mosaic: volumeSlices(voxels, { shape, affine }, { layout: 'mosaic' }),
    glass: glassBrain(clouds, { geometry }),
  };
}

const legendOf = (figure: Figure) =>
  figure.data
    .filter((trace) => trace['showlegend'])
    .map((trace) => (trace['marker'] as { color: string }).color);

/** Opaque colours of a map's coloured pictures; of a mesh, those of the codes its faces have. */
function coloursOf(figure: Figure): Set<string> {
  const seen = new Set<string>();
  for (const trace of figure.data) {
    if (trace.type !== 'mesh3d') continue;
    const codes = Buffer.from((trace['intensity'] as { bdata: string }).bdata, 'base64');
    const scale = trace['colorscale'] as [number, string][];
    for (const code of new Set(codes)) if (code >= 24) seen.add(scale[2 * code]![1]);
  }
  const images = (figure.layout['images'] ?? []) as { source: string }[];
  const coloured = images.filter((_, i) => i % 2 === 1);
  for (const { source } of coloured) {
    const png = decodePng(source);
    for (let y = 0; y < png.height; y += 2) {
      for (let x = 0; x < png.width; x += 2) {
        const colour = png.at(x, y);
        if (colour.endsWith('FF')) seen.add(colour.slice(0, 7));
      }
    }
  }
  return seen;
}

describe('the colours on a map are the legend’s, no more and no fewer', () => {
  const maps = mapsOf(3);
  for (const [name, figure] of Object.entries(maps)) {
    it(name, () => {
      const legend = name === 'tiles' ? participantColours(3) : legendOf(figure);
      if (name !== 'tiles') expect(legend).toEqual([...participantColours(3), '#FFFFFF']);
      expect([...coloursOf(figure)].sort()).toEqual([...legend].sort());
    });
  }
});

describe('one participant has one colour, and no overlap', () => {
  for (const [name, figure] of Object.entries(mapsOf(1))) {
    it(name, () => {
      expect([...coloursOf(figure)]).toEqual([participantColours(1)[0]]);
      expect(legendOf(figure)).toEqual(name === 'tiles' ? [] : participantColours(1));
    });
  }
});

describe('a cluster without voxels, and no participant at all', () => {
  const without = mapsOf(0);
  for (const [name, figure] of Object.entries(mapsOf(2, true))) {
    it(`${name} is drawn bare, with zeros in the legend`, () => {
      expect(coloursOf(figure).size).toBe(0);
      expect(figure.description).toMatch(/sub-01 0, sub-02 0/);
      expect(legendOf(figure).length).toBe(name === 'tiles' ? 0 : 2);
      expect(legendOf(without[name]!)).toEqual([]);
      expect(without[name]!.description).toMatch(/none/);
      expect(JSON.stringify([figure, without[name]])).not.toMatch(/NaN|Infinity/);
    });
  }
});

describe('a surface that is missing is named, with those there are', () => {
  const { pial } = left;
  const bare = { left: { pial: pial! } };
  const draws: Record<string, () => unknown> = {
    conceptMap: () => conceptMap([], bare),
    'conceptMap, inflated': () => conceptMap([], bare, { view: 'inflated' }),
    surfaceMap: () => surfaceMap([], bare),
    valueMap: () => valueMap({}, bare),
    pictureMosaic: () => pictureMosaic([], {}, bare),
  };
  for (const [name, draw] of Object.entries(draws)) {
    it(name, () =>
      expect(draw).toThrow(/surface is "?(flat|inflated)"?; must be one that the geometry has: pial/),
    );
  }
  it('the explorer', () => {
    expect(() => renderExplorer({ ...explorer(), geometry: bare })).toThrow(/flat or an inflated surface/);
  });
  it('a geometry of nothing', () => {
    expect(() => conceptMap([], {})).toThrow(/no surface at all/);
  });
});

describe('data that do not fit the surface are named, with both numbers', () => {
  const short = { left: new Uint8Array(n - 1) };
  const draws: Record<string, () => unknown> = {
    conceptMap: () => conceptMap([{ name: 'a', mask: short }], geometry),
    'conceptMap, analysed': () => conceptMap([], geometry, { analysed: short }),
    'conceptMap, side by side': () =>
      conceptMap([{ name: 'a', mask: short }], geometry, { sideBySide: true }),
    surfaceMap: () => surfaceMap([{ name: 'a', mask: short }], geometry),
    valueMap: () => valueMap({ left: new Float32Array(n - 1) }, geometry),
    pictureMosaic: () => pictureMosaic([], { left: new Int32Array(n - 1) }, geometry),
    explorer: () => renderExplorer({ ...explorer(), analysed: short }),
  };
  for (const [name, draw] of Object.entries(draws)) {
    it(name, () =>
      expect(draw).toThrow(
        new RegExp(`left hemisphere is ${n - 1}; must be one value for each of the surface's ${n}`),
      ),
    );
  }
  it('curvature of another surface', () => {
    const other = { left: { ...left, curvature: new Float32Array(5) } };
    expect(() => conceptMap([], other)).toThrow(/left curvature is 5/);
  });
});

it('values that are not finite are left out of slices, value maps and their scales', () => {
  const values = Float32Array.from({ length: n }, (_, v) => [Number.NaN, Infinity, -Infinity, 2][v % 4]!);
  const figure = valueMap({ left: values }, geometry, { outlines: false });
  const scale = figure.data.find((trace) => (trace['marker'] as { showscale?: boolean })?.showscale)!;
  expect(scale['marker']).toMatchObject({ cmin: 0, cmax: 2 });
  expect(figure.description).toContain(`${n / 4} of ${2 * n}`);
  const background = new Float32Array(12 ** 3).map((_, i) => (i % 2 ? i : Number.NaN));
  const slices = volumeSlices([], { shape, affine, background });
  expect(JSON.stringify([figure, slices])).not.toMatch(/NaN|Infinity/);
});

describe('layerCodes', () => {
  it('has a code for every set of layers that occurs, and for no other', () => {
    const masks = [
      [1, 1, 0, 0, 1],
      [0, 1, 1, 0, 1],
      [0, 0, 0, 0, 1],
    ];
    const { codes, combos } = layerCodes(masks, 5);
    expect(Array.from(codes, (code) => (code ? combos[code - 1] : []))).toEqual([
      [0],
      [0, 1],
      [1],
      [],
      [0, 1, 2],
    ]);
    expect(combos.length).toBe(5);
  });
  it('lumps overlaps together where 255 codes do not suffice', () => {
    const masks = Array.from({ length: 12 }, (_, layer) =>
      Uint8Array.from({ length: 4096 }, (_, v) => (v >> layer) & 1),
    );
    const { codes, combos } = layerCodes(masks, 4096);
    expect(combos.length).toBe(255);
    for (let v = 0; v < 4096; v++) {
      const members = masks.flatMap((mask, layer) => (mask[v] ? [layer] : []));
      const own = codes[v] ? combos[codes[v]! - 1]! : [];
      if (members.length < 2 || own.length) expect(own).toEqual(members);
      else expect(codes[v]).toBe(255);
    }
  });
});

it('a page of 20 maps on fsaverage5 stays under 10 MB', async (context) => {
  if (!hasFsaverage) context.skip('../shared/data/fsaverage5 is not here');
  const ground = await fsaverage5();
  const blobs = (side: 'left' | 'right', at: number) =>
    where(
      ground[side]!,
      (x, y, z) => Math.sin((x + 9 * at) / 9) + Math.sin(y / 8 + at) + Math.cos(z / 7) > 1.5,
    );
  const figures = Array.from({ length: 20 }, (_, c) =>
    conceptMap(
      Array.from({ length: 8 }, (_, p) => ({
        name: `sub-0${p + 1}`,
        mask: { left: blobs('left', c + p / 9), right: blobs('right', c + p / 9) },
      })),
      ground,
      { title: `Concept ${c}` },
    ),
  );
  const bytes = Buffer.byteLength(
    renderPage({ title: 'Maps', sections: [{ title: 'Maps', blocks: figures }] }),
  );
  expect(bytes).toBeGreaterThan(5e6);
  expect(bytes).toBeLessThan(10e6);
});

it('an explorer of 20 concepts of 8 participants on fsaverage5 stays under 25 MB', async (context) => {
  if (!hasFsaverage) context.skip('../shared/data/fsaverage5 is not here');
  const ground = await fsaverage5();
  const participants = Array.from({ length: 8 }, (_, p) => `sub-0${p + 1}`);
  const blob = (side: 'left' | 'right', c: number) =>
    where(ground[side]!, (x, y) => Math.hypot(Math.abs(x) - 40, y + 90 - 6 * c) < 25);
  const picture = new Uint8Array(3000).fill(7);
  picture.set([0x89, 0x50, 0x4e, 0x47]);
  const bytes = Buffer.byteLength(
    renderExplorer({
      ...{ title: 'Study', participants, geometry: ground },
      pictures: Array.from({ length: 480 }, () => picture),
      concepts: Array.from({ length: 20 }, (_, c) => ({
        card: { concept: c, name: `concept ${c}`, nVoxels: 8000, nParticipants: 8 },
        masks: participants.map(() => ({ left: blob('left', c), right: blob('right', c) })),
        nVoxels: participants.map(() => 1000),
        pictures: [{ heading: 'Most', pictures: Array.from({ length: 24 }, (_, i) => 24 * c + i) }],
      })),
    }),
  );
  expect(bytes).toBeGreaterThan(5e6);
  expect(bytes).toBeLessThan(25e6);
});

function explorer(): Explorer {
  return { title: 'Study', participants: [], geometry, concepts: [] };
}

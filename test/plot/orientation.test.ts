import { describe, expect, it } from 'vitest';
import {
  conceptMap,
  type Figure,
  glassBrain,
  participantColours,
  pictureMosaic,
  surfaceMap,
  valueMap,
  volumeSlices,
} from '../../src/plot/index.js';
import { mapSheet } from '../../src/plot/maps/mapSheet.js';
import { decodePng } from './decodePng.js';
import { ellipsoids, where } from './ellipsoids.js';

// On every kind of map: a blob in the left hemisphere alone, and one at the back of both, land where they must.
const geometry = ellipsoids();
const [left, right] = [geometry.left!, geometry.right!];
const leftOnly = { left: where(left, () => true) };
const behind = { left: where(left, (_, y) => y < -80), right: where(right, (_, y) => y < -80) };
const blue = `${participantColours(1)[0]}FF`;

interface Seen {
  x: number[];
  y: number[];
  width: number;
  height: number;
}
/** Places of the pixels of a map's coloured picture that pass. */
function seen(figure: Figure, passes = (colour: string) => colour === blue, image = 1): Seen {
  const png = decodePng((figure.layout['images'] as { source: string }[])[image]!.source);
  const found: Seen = { x: [], y: [], width: png.width, height: png.height };
  for (let y = 0; y < png.height; y += 2) {
    for (let x = 0; x < png.width; x += 2) {
      if (!passes(png.at(x, y))) continue;
      found.x.push(x);
      found.y.push(y);
    }
  }
  return found;
}
const mean = (list: number[]) => list.reduce((sum, value) => sum + value, 0) / list.length;
const isOnTheLeft = ({ x, width }: Seen) => x.length > 100 && Math.max(...x) < width / 2;
/** On a flat sheet the back of the brain is in the middle. */
const isInTheMiddle = ({ x, width }: Seen) =>
  x.length > 100 && mean(x.map((value) => Math.abs(value / width - 0.5))) < 0.13;
const valuesOf = (mask: { left?: Uint8Array; right?: Uint8Array }) =>
  Object.fromEntries(
    Object.entries(mask).map(([side, inside]) => [
      side,
      Float32Array.from(inside, (value) => (value ? 5 : Number.NaN)),
    ]),
  );
const opaque = (colour: string) => colour.endsWith('FF');

describe('flat sheets', () => {
  const kinds: Record<string, (mask: typeof behind | typeof leftOnly) => Seen> = {
    conceptMap: (mask) => seen(conceptMap([{ name: 'a', mask }], geometry, { outlines: false })),
    'conceptMap, side by side': (mask) =>
      seen(
        conceptMap(
          [
            { name: 'a', mask },
            { name: 'b', mask: {} },
          ],
          geometry,
          { outlines: false, sideBySide: true },
        ),
      ),
    valueMap: (mask) => seen(valueMap(valuesOf(mask), geometry, { outlines: false }), opaque),
    pictureMosaic: (mask) => {
      const svg = new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>');
      const best = Object.fromEntries(
        Object.entries(mask).map(([side, inside]) => [side, Int32Array.from(inside, (value) => value - 1)]),
      );
      const figure = pictureMosaic([svg], best, geometry, { outlines: false, across: 200 });
      const uri = (figure.layout['images'] as { source: string }[])[1]!.source;
      const text = Buffer.from(uri.split(',')[1]!, 'base64').toString();
      const uses = [...text.matchAll(/<use href="#p0" x="([\d.]+)" y="([\d.]+)"/g)];
      const { width, height } = mapSheet(geometry);
      return { x: uses.map((use) => Number(use[1])), y: uses.map((use) => Number(use[2])), width, height };
    },
  };
  for (const [name, draw] of Object.entries(kinds)) {
    it(`${name}: left is left, the back is in the middle`, () => {
      expect(isOnTheLeft(draw(leftOnly))).toBe(true);
      expect(isInTheMiddle(draw(behind))).toBe(true);
    });
  }
});

describe('standard views', () => {
  const { panels, width } = mapSheet(geometry, 'inflated');
  /** Mean place in a panel, 0–1 from its left and top; undefined where nothing is seen. */
  const inPanel = ({ x, y }: Seen, label: string) => {
    const panel = panels.find((one) => one.label === label)!;
    const places = x
      .map((value, i) => [(value - panel.x) / panel.width, (y[i]! - panel.y) / panel.height] as const)
      .filter(([u, v]) => u >= 0 && u <= 1 && v >= 0 && v <= 1);
    return places.length > 20
      ? { u: mean(places.map(([u]) => u)), v: mean(places.map(([, v]) => v)) }
      : undefined;
  };
  const kinds: Record<string, (mask: typeof behind | typeof leftOnly) => Seen> = {
    conceptMap: (mask) =>
      seen(conceptMap([{ name: 'a', mask }], geometry, { view: 'inflated', outlines: false })),
    valueMap: (mask) =>
      seen(valueMap(valuesOf(mask), geometry, { view: 'inflated', outlines: false }), opaque),
  };
  for (const [name, draw] of Object.entries(kinds)) {
    it(`${name}: each panel as it is labelled`, () => {
      const one = draw(leftOnly);
      expect(one.width).toBe(width);
      expect(inPanel(one, 'right, lateral')).toBeUndefined();
      expect(inPanel(one, 'right, medial')).toBeUndefined();
      expect(inPanel(one, 'from behind')!.u).toBeLessThan(0.5);
      expect(inPanel(one, 'from above')!.u).toBeLessThan(0.5);
      // From below the left hemisphere is on the right.
      expect(inPanel(one, 'from below')!.u).toBeGreaterThan(0.5);
      const back = draw(behind);
      expect(inPanel(back, 'left, lateral')!.u).toBeGreaterThan(0.8);
      expect(inPanel(back, 'left, medial')!.u).toBeLessThan(0.2);
      expect(inPanel(back, 'right, medial')!.u).toBeGreaterThan(0.8);
      expect(inPanel(back, 'right, lateral')!.u).toBeLessThan(0.2);
      expect(inPanel(back, 'from above')!.v).toBeGreaterThan(0.8);
      expect(inPanel(back, 'from below')!.v).toBeGreaterThan(0.8);
    });
  }
});

describe('slices', () => {
  const shape = [21, 21, 21] as const;
  const analysed = Int32Array.from({ length: 3 * 19 ** 3 }, (_, i) => {
    const cell = Math.floor(i / 3);
    return 1 + [cell % 19, Math.floor(cell / 19) % 19, Math.floor(cell / 361)][i % 3]!;
  });
  /** Voxels by a rule on millimetres, of a grid stored left to right or right to left. */
  const draw = (sign: 1 | -1, rule: (x: number, y: number) => boolean, layout: 'orthogonal' | 'mosaic') => {
    const affine = [4 * sign, 0, 0, -40 * sign, 0, 4, 0, -40, 0, 0, 4, -40, 0, 0, 0, 1];
    const ijk = analysed.filter((_, i) => {
      const voxel = i - (i % 3);
      return rule(sign * (4 * analysed[voxel]! - 40), 4 * analysed[voxel + 1]! - 40);
    });
    return volumeSlices([{ name: 'a', ijk }], { shape, affine, analysed }, { layout, nSlices: 9 });
  };
  for (const sign of [1, -1] as const) {
    it(`of a grid stored ${sign > 0 ? 'left to right' : 'right to left'}: left is left, the back is low on axial slices`, () => {
      for (const layout of ['orthogonal', 'mosaic'] as const) {
        const columns = 3;
        const one = seen(draw(sign, (x) => x < -20, layout));
        const cell = one.width / columns;
        // The first of the three orthogonal panels is sagittal and knows no left.
        const places = one.x.filter((x) => layout === 'mosaic' || x > cell).map((x) => (x % cell) / cell);
        expect(places.length).toBeGreaterThan(100);
        expect(Math.max(...places)).toBeLessThan(0.5);
        const back = seen(draw(sign, (_, y) => y < -20, layout));
        const rows = layout === 'mosaic' ? 3 : 1;
        const axial = back.y
          .filter((_, i) => layout === 'mosaic' || back.x[i]! > 2 * cell)
          .map((y) => ((y % (back.height / rows)) / back.height) * rows);
        expect(axial.length).toBeGreaterThan(100);
        expect(Math.min(...axial)).toBeGreaterThan(0.5);
      }
    });
  }
});

it('glassBrain: left is left from behind and above, the back is right from the left and low from above', () => {
  const cloud = (x: number, y: number) =>
    Float32Array.from({ length: 300 }, (_, i) => [x, y, 10][i % 3]! + ((i * 7) % 11) - 5);
  const third = (one: Seen, panel: number) => {
    const { x, y } = (figure.layout['annotations'] as { x: number; y: number }[])[panel]!;
    return one.x
      .map((value, i) => [value - x, one.y[i]! - y] as const)
      .filter(([u]) => Math.abs(u) < one.width / 6);
  };
  let figure = glassBrain([{ name: 'a', xyzMm: cloud(-35, -15) }], { geometry });
  const one = seen(figure);
  for (const panel of [1, 2]) expect(mean(third(one, panel).map(([u]) => u))).toBeLessThan(-20);
  figure = glassBrain([{ name: 'a', xyzMm: cloud(0, -90) }], { geometry });
  const back = seen(figure);
  expect(mean(third(back, 0).map(([u]) => u))).toBeGreaterThan(50);
  const above = third(back, 2).map(([, v]) => v);
  expect(mean(above) / back.height).toBeGreaterThan(0.7);
});

describe('surfaceMap', () => {
  const numbers = (packed: unknown, kind: 'x' | 'i') => {
    const { bdata, dtype } = packed as { bdata: string; dtype: string };
    const bytes = Uint8Array.from(Buffer.from(bdata, 'base64')).buffer;
    expect(dtype).toBe(kind === 'x' ? 'i2' : 'u2');
    return kind === 'x' ? new Int16Array(bytes) : new Uint16Array(bytes);
  };
  /** Middles of the coloured faces of a hemisphere, mm. */
  const colouredFaces = (figure: Figure, hemisphere: string) => {
    const mesh = figure.data.find((trace) => trace['name'] === hemisphere)!;
    const codes = Buffer.from((mesh['intensity'] as { bdata: string }).bdata, 'base64');
    const corners = ['i', 'j', 'k'].map((key) => numbers(mesh[key], 'i'));
    const axes = ['x', 'y', 'z'].map((key) => numbers(mesh[key], 'x'));
    return [...codes.keys()]
      .filter((face) => codes[face]! >= 24)
      .map((face) => axes.map((axis) => mean(corners.map((corner) => axis[corner[face]!]! / 100))));
  };
  it('colours the faces of the vertices meant, in millimetres right, anterior, superior', () => {
    const one = surfaceMap([{ name: 'a', mask: leftOnly }], geometry);
    expect(colouredFaces(one, 'right')).toEqual([]);
    expect(colouredFaces(one, 'left').every(([x]) => x! < 0)).toBe(true);
    const back = surfaceMap([{ name: 'a', mask: behind }], geometry);
    for (const side of ['left', 'right']) {
      expect(colouredFaces(back, side).length).toBeGreaterThan(10);
      expect(colouredFaces(back, side).every(([, y]) => y! < -70)).toBe(true);
    }
  });
  it('looks from where it says', () => {
    const eye = (from: 'behind' | 'left' | 'above' | 'below') =>
      (
        surfaceMap([], geometry, { from }).layout['scene'] as {
          camera: { eye: Record<'x' | 'y' | 'z', number> };
        }
      ).camera.eye;
    expect(eye('behind').y).toBeLessThan(-1);
    expect(eye('left').x).toBeLessThan(-1);
    expect(eye('above').z).toBeGreaterThan(1);
    expect(eye('below').z).toBeLessThan(-1);
  });
});

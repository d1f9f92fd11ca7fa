import { createHash } from 'node:crypto';
import { rgbOf } from '../theme.js';
import { type Kept, keepFor } from './keepFor.js';
import { type MapSheet, panelAt } from './mapSheet.js';
import type { Rgba } from './png.js';
import { palettePng } from './png.js';

/** Greys of the cortex under a map: gyri and sulci; white stays free for the overlap. */
const gyrus = 190;
const sulcus = 138;
const greyLevels = 40;

/**
 * The cortex in greys by its curvature (light gyri, dark sulci), faint where nothing was analysed. Translucent, so
 * that it suits a light and a dark page.
 *
 * @param analysed one value a vertex, 1 where there are data; everywhere by default
 */
export function cortexImage(sheet: MapSheet, analysed?: Uint8Array): string {
  const key = analysed ? createHash('sha256').update(analysed).digest('base64') : 'all';
  return keepFor(cortices, sheet, key, () => drawCortex(sheet, analysed));
}

const cortices: Kept<string> = new WeakMap();

function drawCortex(sheet: MapSheet, analysed?: Uint8Array): string {
  const pixels = new Uint8Array(sheet.vertex.length);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const vertex = sheet.vertex[pixel]!;
    if (vertex < 0) continue;
    const depth = 0.5 + 0.5 * Math.tanh(sheet.shade[pixel]! * 9);
    const grey = (gyrus + (sulcus - gyrus) * depth) * (0.45 + 0.55 * sheet.light[pixel]!);
    const level = Math.max(0, Math.min(greyLevels - 1, Math.round((grey / 200) * (greyLevels - 1))));
    pixels[pixel] = 1 + level + (analysed && !analysed[vertex] ? greyLevels : 0);
  }
  const greys = Array.from({ length: greyLevels }, (_, level) =>
    Math.round((level * 200) / (greyLevels - 1)),
  );
  const palette: Rgba[] = [
    [0, 0, 0, 0],
    ...greys.map((grey): Rgba => [grey, grey, grey, 255]),
    ...greys.map((grey): Rgba => [grey, grey, grey, 110]),
  ];
  return palettePng(pixels, sheet.width, sheet.height, palette);
}

/**
 * One colour for each code: `codes[vertex]` 0 is clear, c > 0 gets `colours[c − 1]`. Colours are not shaded, so
 * that they equal the legend's.
 */
export function codeImage(sheet: MapSheet, codes: Uint8Array, colours: readonly string[]): string {
  const { vertex, width, height } = sheet;
  const pixels = new Uint8Array(vertex.length);
  for (let pixel = 0; pixel < pixels.length; pixel++) {
    const v = vertex[pixel]!;
    if (v >= 0) pixels[pixel] = codes[v]!;
  }
  const palette: Rgba[] = [[0, 0, 0, 0], ...colours.map((colour): Rgba => [...rgbOf(colour), 255])];
  return palettePng(pixels, width, height, palette);
}

/** Lines between pixels of different region; `keys` one a vertex, 0 for no region. Two pixels wide, dark. */
export function outlineImage(sheet: MapSheet, keys: Int32Array): string {
  const { width, height, vertex } = sheet;
  const pixels = new Uint8Array(vertex.length);
  const part = (from: number, to: number) => {
    const [v, w] = [vertex[from]!, vertex[to]!];
    if (v < 0 || w < 0 || keys[v] === keys[w]) return;
    pixels[from] = 1;
    pixels[to] = 1;
  };
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const pixel = y * width + x;
      part(pixel, pixel + 1);
      part(pixel, pixel + width);
    }
  }
  return palettePng(pixels, width, height, [
    [0, 0, 0, 0],
    [20, 23, 28, 225],
  ]);
}

/** Where a region's name goes: the middle of its pixels; none for small regions, nor where two names would collide. */
export function labelPlaces(
  sheet: MapSheet,
  keys: Int32Array,
  names: ReadonlyMap<number, string>,
  smallest = 0.0004,
): { name: string; x: number; y: number }[] {
  const sums = new Map<string, { key: number; panel: number; x: number; y: number; n: number }>();
  const { width, vertex } = sheet;
  for (let pixel = 0; pixel < vertex.length; pixel++) {
    const key = vertex[pixel]! < 0 ? 0 : keys[vertex[pixel]!]!;
    if (key === 0 || !names.has(key)) continue;
    const x = pixel % width;
    const y = (pixel - x) / width;
    const panel = panelAt(sheet.panels, x, y);
    const id = `${panel}/${key}`;
    const sum = sums.get(id) ?? { key, panel, x: 0, y: 0, n: 0 };
    sum.x += x;
    sum.y += y;
    sum.n++;
    sums.set(id, sum);
  }
  const places = [...sums.values()]
    .filter(({ n }) => n >= smallest * vertex.length)
    .sort((a, b) => b.n - a.n)
    .map(({ key, x, y, n }) => ({ name: names.get(key)!, x: x / n, y: y / n }));
  const kept: typeof places = [];
  const perCharacter = width * 0.0092;
  for (const place of places) {
    const overlaps = kept.some(
      (other) =>
        Math.abs(other.x - place.x) < ((other.name.length + place.name.length) / 2) * perCharacter &&
        Math.abs(other.y - place.y) < width * 0.024,
    );
    if (!overlaps) kept.push(place);
  }
  return kept;
}

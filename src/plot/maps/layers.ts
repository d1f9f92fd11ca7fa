import { rgbOf } from '../theme.js';
import type { MapSheet } from './mapSheet.js';
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
  const pixels = sheet.vertex.map((vertex) => (vertex < 0 ? 0 : codes[vertex]!));
  const palette: Rgba[] = [[0, 0, 0, 0], ...colours.map((colour): Rgba => [...rgbOf(colour), 255])];
  return palettePng(Uint8Array.from(pixels), sheet.width, sheet.height, palette);
}

/** Lines between pixels of different region; `keys` one a vertex, 0 for no region. Two pixels wide, dark. */
export function outlineImage(sheet: MapSheet, keys: Int32Array): string {
  const { width, height, vertex } = sheet;
  const pixels = new Uint8Array(vertex.length);
  const keyAt = (pixel: number) => (vertex[pixel]! < 0 ? 0 : keys[vertex[pixel]!]!);
  for (let y = 0; y < height - 1; y++) {
    for (let x = 0; x < width - 1; x++) {
      const pixel = y * width + x;
      const key = keyAt(pixel);
      for (const next of [pixel + 1, pixel + width]) {
        if (keyAt(next) === key || vertex[pixel]! < 0 || vertex[next]! < 0) continue;
        pixels[pixel] = 1;
        pixels[next] = 1;
      }
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
  const panelAt = (x: number, y: number) =>
    sheet.panels.findIndex(
      (p) => x >= p.x - 1 && x <= p.x + p.width + 1 && y >= p.y - 1 && y <= p.y + p.height + 1,
    );
  for (let pixel = 0; pixel < vertex.length; pixel++) {
    const key = vertex[pixel]! < 0 ? 0 : keys[vertex[pixel]!]!;
    if (key === 0 || !names.has(key)) continue;
    const x = pixel % width;
    const y = (pixel - x) / width;
    const panel = panelAt(x, y);
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

/** Middle of each vertex's pixels in each panel: where hovers find it. */
export function hoverPoints(
  sheet: MapSheet,
  wanted: (vertex: number) => boolean,
): { vertex: number[]; x: number[]; y: number[] } {
  const sums = new Map<number, { x: number; y: number; n: number }>();
  for (let pixel = 0; pixel < sheet.vertex.length; pixel++) {
    const vertex = sheet.vertex[pixel]!;
    if (vertex < 0 || !wanted(vertex)) continue;
    const x = pixel % sheet.width;
    const y = (pixel - x) / sheet.width;
    const panel = sheet.panels.findIndex(
      (p) => x >= p.x - 1 && x <= p.x + p.width + 1 && y >= p.y - 1 && y <= p.y + p.height + 1,
    );
    const id = vertex * 16 + panel + 1;
    const sum = sums.get(id) ?? { x: 0, y: 0, n: 0 };
    sum.x += x;
    sum.y += y;
    sum.n++;
    sums.set(id, sum);
  }
  const points = [...sums].sort(([a], [b]) => a - b);
  return {
    vertex: points.map(([id]) => Math.floor(id / 16)),
    x: points.map(([, { x, n }]) => Math.round(x / n)),
    y: points.map(([, { y, n }]) => Math.round(y / n)),
  };
}

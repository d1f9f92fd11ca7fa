import { createHash } from 'node:crypto';
import { rgbOf } from '../theme.js';
import { type Kept, keepFor } from './keepFor.js';
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

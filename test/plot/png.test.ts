import { expect, it } from 'vitest';
import { palettePng, type Rgba } from '../../src/plot/maps/png.js';
import { decodePng } from './decodePng.js';

for (const nColours of [1, 2, 3, 4, 5, 16, 17, 256]) {
  it(`keeps every pixel with ${nColours} colours, at a width that fills no byte`, () => {
    const [width, height] = [13, 5];
    const palette = Array.from({ length: nColours }, (_, i): Rgba => [i, 255 - i, 7, i % 2 ? 255 : 9]);
    const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 7) % nColours);
    const png = decodePng(palettePng(pixels, width, height, palette));
    expect([png.width, png.height]).toEqual([width, height]);
    for (let i = 0; i < pixels.length; i++) {
      const hex = palette[pixels[i]!]!.map((c) => c.toString(16).padStart(2, '0'))
        .join('')
        .toUpperCase();
      expect(png.at(i % width, Math.floor(i / width))).toBe(`#${hex}`);
    }
  });
}

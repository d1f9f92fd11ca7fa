import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { annotationFeatures, pictureFeatures } from '../../src/concepts/index.js';
import { labOf } from '../../src/concepts/pictureFeatures.js';

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/concept-statistics.json'), 'utf8'),
);

/** A square RGB picture from a function of the pixel. */
function draw(size: number, colour: (x: number, y: number) => [number, number, number]) {
  const data = new Uint8Array(3 * size * size);
  for (let p = 0; p < size * size; p++) data.set(colour(p % size, Math.floor(p / size)), 3 * p);
  return { data, width: size, height: size, channels: 3 as const };
}
const grating = (cycles: number, angle: number) =>
  draw(64, (x, y) => {
    const along = x * Math.cos(angle) + y * Math.sin(angle);
    const value = Math.round(128 + 80 * Math.sin((2 * Math.PI * cycles * along) / 64));
    return [value, value, value];
  });

describe('pictureFeatures', () => {
  it('takes colours to CIELAB as the CIE does', () => {
    for (const { rgb, lab } of golden.lab) {
      const found = labOf(rgb[0], rgb[1], rgb[2]);
      for (let i = 0; i < 3; i++) expect(found[i]).toBeCloseTo(lab[i], 4);
    }
  });

  it('tells colours apart', () => {
    const red = pictureFeatures(draw(30, () => [220, 30, 30]));
    const blue = pictureFeatures(draw(30, () => [30, 30, 220]));
    const grey = pictureFeatures(draw(30, () => [90, 90, 90]));
    expect(red.redness).toBeGreaterThan(50);
    expect(blue.yellowness).toBeLessThan(-50);
    expect(Math.abs(grey.redness) + Math.abs(grey.yellowness) + grey.saturation).toBeLessThan(0.1);
    expect(red.contrast).toBeCloseTo(0, 6);
    expect(pictureFeatures(draw(30, () => [255, 255, 255])).luminance).toBeCloseTo(100, 3);
  });

  it('finds the orientation of edges: lines of a grating along y are vertical', () => {
    for (const [angle, name] of [
      [0, 'vertical'],
      [Math.PI / 2, 'horizontal'],
      [Math.PI / 4, 'rising'],
      [-Math.PI / 4, 'falling'],
    ] as const) {
      const found = pictureFeatures(grating(6, angle));
      expect(found[name], name).toBeGreaterThan(0.95);
      expect(found.horizontal + found.vertical + found.rising + found.falling).toBeCloseTo(1, 9);
    }
    expect(pictureFeatures(draw(9, () => [7, 7, 7])).rising).toBe(0.25);
  });

  it('finds the spatial frequency of a grating, to a quarter of an octave', () => {
    for (const cycles of [4, 8, 16]) {
      const { spatialFrequency } = pictureFeatures(grating(cycles, 0));
      expect(Math.abs(spatialFrequency - Math.log2(cycles))).toBeLessThan(0.25);
    }
  });

  it('lays transparency on white, takes grey, cuts the middle square, and refuses nothing at all', () => {
    const clear = { data: new Uint8Array(4 * 20 * 10), width: 20, height: 10, channels: 4 as const };
    expect(pictureFeatures(clear).luminance).toBeCloseTo(100, 3);
    expect(
      pictureFeatures({ data: new Uint8Array(12), width: 3, height: 4, channels: 1 }).luminance,
    ).toBeCloseTo(0, 6);
    expect(() => pictureFeatures({ data: new Uint8Array(0), width: 0, height: 0, channels: 3 })).toThrow(
      'size of picture',
    );
  });
});

describe('annotationFeatures', () => {
  it('counts objects, takes the largest share and the mean distance from the middle', () => {
    const found = annotationFeatures(
      [{ box: [0, 0, 20, 20] }, { box: [40, 40, 20, 20], area: 100 }],
      100,
      100,
    );
    expect(found.numerosity).toBe(2);
    expect(found.objectSize).toBeCloseTo(0.04, 12);
    expect(found.contentEccentricity).toBeCloseTo((400 * Math.hypot(40, 40)) / 500 / Math.hypot(50, 50), 12);
  });

  it('is NaN, not zero, where there is nothing to measure', () => {
    expect(annotationFeatures([], 10, 10)).toEqual({
      numerosity: 0,
      objectSize: Number.NaN,
      contentEccentricity: Number.NaN,
    });
    expect(() => annotationFeatures([], 0, 10)).toThrow('size of picture');
  });
});

import { describe, expect, it } from 'vitest';
import { overlapColour, participantColours, rgbOf, template } from '../../src/plot/theme.js';

type Vector = readonly number[];

/** Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB. */
const vision: Record<string, Vector[]> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const times = (m: Vector[], v: Vector) => m.map((row) => row.reduce((sum, x, i) => sum + x * v[i]!, 0));
const linear = (hex: string) =>
  rgbOf(hex).map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));

function lab(rgb: Vector): Vector {
  const toXyz = [
    [0.4124, 0.3576, 0.1805],
    [0.2126, 0.7152, 0.0722],
    [0.0193, 0.1192, 0.9505],
  ];
  const white = [0.95047, 1, 1.08883];
  const clipped = rgb.map((c) => Math.min(1, Math.max(0, c)));
  const [x, y, z] = times(toXyz, clipped).map((value, i) => {
    const t = value / white[i]!;
    return t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116;
  });
  return [116 * y! - 16, 500 * (x! - y!), 200 * (y! - z!)];
}

const distance = (a: Vector, b: Vector) => Math.hypot(...a.map((x, i) => x - b[i]!));

describe('the participants’ colours', () => {
  for (const [kind, matrix] of Object.entries(vision)) {
    it(`can be told apart, and from the overlap, with ${kind} vision`, () => {
      const colours = [...participantColours(10), overlapColour].map((hex) =>
        lab(times(matrix, linear(hex))),
      );
      for (let i = 0; i < colours.length; i++) {
        for (let j = 0; j < i; j++)
          expect(distance(colours[i]!, colours[j]!), `${j} and ${i}`).toBeGreaterThan(16);
      }
    });
  }
  it('do not repeat for 30 participants', () => {
    expect(new Set(participantColours(30)).size).toBe(30);
  });
});

it('text has a contrast of at least 4.5 on the page in both themes', () => {
  const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0]!;
  for (const theme of ['light', 'dark'] as const) {
    const layout = template(theme)['layout'] as { paper_bgcolor: string; font: { color: string } };
    const muted = (template(theme)['layout'] as { annotationdefaults: { font: { color: string } } })
      .annotationdefaults;
    for (const colour of [layout.font.color, muted.font.color]) {
      const [dark, light] = [luminance(colour), luminance(layout.paper_bgcolor)].sort((a, b) => a - b);
      expect((light! + 0.05) / (dark! + 0.05)).toBeGreaterThan(4.5);
    }
  }
});

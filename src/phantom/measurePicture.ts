/** Measured properties of one picture; columns of `stimuli.tsv`. */
export interface PictureFeatures {
  /** Saturation-weighted circular mean hue, degrees in [0, 360). */
  readonly hue: number;
  /** Mean HSV saturation of the object, 0 … 1. */
  readonly saturation: number;
  /** Mean (red − blue) of the object, −1 … 1: warm colours positive. */
  readonly warmth: number;
  /** Mean (red − green) of the object, −1 … 1. */
  readonly redness: number;
  /** Mean relative luminance of the object (Rec. 709 weights on sRGB values), 0 … 1. */
  readonly luminance: number;
  /** Standard deviation of luminance within the object. */
  readonly contrast: number;
  /** 4π area / perimeter², summed over the object's outline: 1 for a disc, towards 0 for ragged shapes. */
  readonly roundness: number;
  /** 1 − minor/major axis of the object's second moments: 0 for a disc or a square, towards 1 for a line. */
  readonly elongation: number;
  /** Share of the picture that the object covers. */
  readonly size: number;
  /** Connected parts (8-neighbourhood) that cover at least 0.3 % of the picture. */
  readonly numerosity: number;
  /** Mean luminance gradient over the picture on white. */
  readonly edgeEnergy: number;
  /** (horizontal − vertical edge energy) / their sum, −1 … 1. */
  readonly horizontality: number;
}

/** The features that {@link measurePicture} measures, in its order. */
export const featureNames = [
  'hue',
  'saturation',
  'warmth',
  'redness',
  'luminance',
  'contrast',
  'roundness',
  'elongation',
  'size',
  'numerosity',
  'edgeEnergy',
  'horizontality',
] as const satisfies readonly (keyof PictureFeatures)[];

/**
 * Measures a picture. The object is where alpha > 0.5; what lies outside counts as white.
 *
 * @param rgba premultiplied RGBA bytes, row by row from the top
 * @param width pixels a row
 */
export function measurePicture(rgba: Uint8Array, width: number): PictureFeatures {
  const nPixels = rgba.length / 4;
  const height = nPixels / width;
  const object = new Uint8Array(nPixels);
  const luminance = new Float64Array(nPixels);
  let area = 0;
  const sum = { saturation: 0, warmth: 0, redness: 0, light: 0, light2: 0, cos: 0, sin: 0, x: 0, y: 0 };
  const moment = { xx: 0, xy: 0, yy: 0 };
  for (let p = 0; p < nPixels; p++) {
    const alpha = rgba[4 * p + 3]! / 255;
    const red = rgba[4 * p]! / 255;
    const green = rgba[4 * p + 1]! / 255;
    const blue = rgba[4 * p + 2]! / 255;
    luminance[p] = 0.2126 * red + 0.7152 * green + 0.0722 * blue + 1 - alpha;
    if (alpha <= 0.5) continue;
    object[p] = 1;
    area++;
    const [r, g, b] = [red / alpha, green / alpha, blue / alpha];
    const largest = Math.max(r, g, b);
    const chroma = largest - Math.min(r, g, b);
    // Hue by the opponent plane: no sextants, and its own weight is the chroma.
    sum.cos += r - (g + b) / 2;
    sum.sin += (Math.sqrt(3) / 2) * (g - b);
    sum.saturation += largest > 0 ? chroma / largest : 0;
    sum.warmth += r - b;
    sum.redness += r - g;
    const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    sum.light += light;
    sum.light2 += light * light;
    const [x, y] = [p % width, Math.floor(p / width)];
    sum.x += x;
    sum.y += y;
    moment.xx += x * x;
    moment.xy += x * y;
    moment.yy += y * y;
  }
  const n = Math.max(area, 1);
  const mean = sum.light / n;
  const [xx, xy, yy] = [
    moment.xx / n - (sum.x / n) ** 2 + 1 / 12,
    moment.xy / n - (sum.x / n) * (sum.y / n),
    moment.yy / n - (sum.y / n) ** 2 + 1 / 12,
  ];
  const spread = Math.sqrt(((xx - yy) / 2) ** 2 + xy * xy);
  const edges = edgeEnergies(luminance, width, height);
  return {
    hue: ((Math.atan2(sum.sin, sum.cos) * 180) / Math.PI + 360) % 360,
    saturation: sum.saturation / n,
    warmth: sum.warmth / n,
    redness: sum.redness / n,
    luminance: mean,
    contrast: Math.sqrt(Math.max(0, sum.light2 / n - mean * mean)),
    roundness: Math.min(1, (4 * Math.PI * area) / Math.max(perimeterOf(object, width, height), 1) ** 2),
    elongation: 1 - Math.sqrt(Math.max(0, (xx + yy) / 2 - spread) / ((xx + yy) / 2 + spread)),
    size: area / nPixels,
    numerosity: countParts(object, width, height, 0.003 * nPixels),
    edgeEnergy: (edges.horizontal + edges.vertical) / nPixels,
    horizontality: (edges.horizontal - edges.vertical) / (edges.horizontal + edges.vertical || 1),
  };
}

/** Summed central differences: a horizontal edge is a change along y. */
function edgeEnergies(luminance: Float64Array, width: number, height: number) {
  let horizontal = 0;
  let vertical = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const p = y * width + x;
      horizontal += Math.abs(luminance[p + width]! - luminance[p - width]!) / 2;
      vertical += Math.abs(luminance[p + 1]! - luminance[p - 1]!) / 2;
    }
  }
  return { horizontal, vertical };
}

/**
 * Length of the object's outline by Cauchy–Crofton over four line directions, which has no bias for
 * discs, unlike counting pixel sides.
 */
function perimeterOf(object: Uint8Array, width: number, height: number): number {
  const at = (x: number, y: number) =>
    x >= 0 && y >= 0 && x < width && y < height ? object[y * width + x]! : 0;
  let straight = 0;
  let diagonal = 0;
  for (let y = -1; y < height; y++) {
    for (let x = -1; x < width; x++) {
      const here = at(x, y);
      if (here !== at(x + 1, y)) straight++;
      if (here !== at(x, y + 1)) straight++;
      if (here !== at(x + 1, y + 1)) diagonal++;
      if (at(x + 1, y) !== at(x, y + 1)) diagonal++;
    }
  }
  return (Math.PI / 8) * (straight + diagonal / Math.SQRT2);
}

function countParts(object: Uint8Array, width: number, height: number, smallest: number): number {
  const seen = new Uint8Array(object.length);
  const stack: number[] = [];
  let parts = 0;
  for (let start = 0; start < object.length; start++) {
    if (!object[start] || seen[start]) continue;
    let area = 0;
    seen[start] = 1;
    stack.push(start);
    while (stack.length) {
      const p = stack.pop()!;
      area++;
      const [x, y] = [p % width, Math.floor(p / width)];
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const q = v * width + u;
          if (!object[q] || seen[q]) continue;
          seen[q] = 1;
          stack.push(q);
        }
      }
    }
    if (area >= smallest) parts++;
  }
  return parts;
}

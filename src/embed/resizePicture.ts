import { InputError } from '../util/index.js';
import { checkPicture, type DecodedPicture } from './picture.js';

/** How pixels between pixels are interpolated. */
export type ResizeFilter = 'bicubic' | 'bilinear';

/** Half-width at scale 1, and weight at a distance. Pillow's bicubic has a = −0.5. */
const filters: Record<ResizeFilter, { support: number; weight: (x: number) => number }> = {
  bicubic: {
    support: 2,
    weight(signed) {
      const x = Math.abs(signed);
      if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
      return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
    },
  },
  bilinear: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
};

/** Bits after the point of the fixed-point weights. */
const precision = 22;

/**
 * Resizes as Pillow's `Image.resize` does, byte for byte: antialiased (the filter is widened by the reduction),
 * horizontally and then vertically, each pass in fixed point of 22 bits and rounded to bytes. Channels with alpha
 * are weighted by it, as Pillow does. CLIP's embeddings depend on it: resizing without antialiasing moves them.
 *
 * O(pixels · filter width); about 10 ms for 640 × 480 to 299 × 224.
 *
 * @param width of the result, at least 1
 */
export function resizePicture(
  picture: DecodedPicture,
  width: number,
  height: number,
  filter: ResizeFilter = 'bicubic',
): DecodedPicture {
  checkPicture(picture);
  for (const [name, value] of Object.entries({ width, height })) {
    if (!(Number.isInteger(value) && value >= 1)) throw new InputError(name, value, 'a positive integer');
  }
  const { channels } = picture;
  const hasAlpha = channels === 2 || channels === 4;
  let data = Uint8Array.from(picture.data);
  if (hasAlpha) premultiply(data, channels);
  if (width !== picture.width) {
    const line = {
      nLines: picture.height,
      lineStep: picture.width * channels,
      outLineStep: width * channels,
    };
    data = pass(data, { ...line, from: picture.width, to: width, step: channels, channels }, filter);
  }
  if (height !== picture.height) {
    const line = { nLines: width, lineStep: channels, outLineStep: channels };
    data = pass(
      data,
      { ...line, from: picture.height, to: height, step: width * channels, channels },
      filter,
    );
  }
  if (hasAlpha) unpremultiply(data, channels);
  return { data, width, height, channels };
}

interface Pass {
  /** Pixels along the resized axis, before and after, and the bytes from one to the next. */
  from: number;
  to: number;
  step: number;
  /** Lines across, and the bytes from one to the next, before and after. */
  nLines: number;
  lineStep: number;
  outLineStep: number;
  channels: number;
}

function pass(data: Uint8Array, axis: Pass, filter: ResizeFilter): Uint8Array {
  const { from, to, step, nLines, lineStep, outLineStep, channels } = axis;
  const out = new Uint8Array(nLines * to * channels);
  const half = 1 << (precision - 1);
  for (const [at, { first, weights }] of filterWeights(from, to, filter).entries()) {
    for (let line = 0; line < nLines; line++) {
      for (let channel = 0; channel < channels; channel++) {
        let sum = half;
        let p = line * lineStep + first * step + channel;
        for (let i = 0; i < weights.length; i++, p += step) sum += data[p]! * weights[i]!;
        const value = sum >> precision;
        out[line * outLineStep + at * step + channel] = Math.max(0, Math.min(255, value));
      }
    }
  }
  return out;
}

/** For each pixel of the result: its first source pixel and the fixed-point weights from there. */
function filterWeights(from: number, to: number, filter: ResizeFilter) {
  const { support, weight } = filters[filter];
  const scale = from / to;
  const widening = Math.max(scale, 1);
  const reach = support * widening;
  return Array.from({ length: to }, (_, at) => {
    const centre = (at + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    const raw = Float64Array.from({ length: end - first }, (_, i) =>
      weight((i + first - centre + 0.5) / widening),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    const weights = Int32Array.from(raw, (value) => {
      const scaled = (value / sum) * (1 << precision);
      return Math.trunc(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
    });
    return { first, weights };
  });
}

/** a · b / 255, rounded, in integers. */
function scaleByte(a: number, b: number): number {
  const product = a * b + 128;
  return ((product >> 8) + product) >> 8;
}

function premultiply(data: Uint8Array, channels: number): void {
  for (let p = 0; p < data.length; p += channels) {
    const alpha = data[p + channels - 1]!;
    for (let c = 0; c < channels - 1; c++) data[p + c] = scaleByte(data[p + c]!, alpha);
  }
}

function unpremultiply(data: Uint8Array, channels: number): void {
  for (let p = 0; p < data.length; p += channels) {
    const alpha = data[p + channels - 1]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < channels - 1; c++)
      data[p + c] = Math.min(255, Math.trunc((255 * data[p + c]!) / alpha));
  }
}

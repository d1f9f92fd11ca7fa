import { checkPicture, type DecodedPicture } from '../embed/picture.js';
import { resizePicture } from '../embed/resizePicture.js';

/** What can be measured of a picture without knowing what it shows. */
export interface MeasuredFeatures {
  /** Mean CIELAB lightness L*, 0 … 100. */
  readonly luminance: number;
  /** Standard deviation of L* over the picture (root mean square contrast). */
  readonly contrast: number;
  /** Mean CIELAB chroma, 0 for grey. */
  readonly saturation: number;
  /** Hue, as its two opponent axes, for an angle cannot be correlated: mean a* (red positive, green negative). */
  readonly redness: number;
  /** Mean b*: yellow positive, blue negative. */
  readonly yellowness: number;
  /**
   * Shares of the luminance gradient's energy by orientation of the edges, within 22.5° of horizontal, vertical and the
   * two obliques (rising and falling to the right); they sum to 1, so one is redundant. 0.25 each where there is none.
   */
  readonly horizontal: number;
  readonly vertical: number;
  readonly rising: number;
  readonly falling: number;
  /** Mean spatial frequency of L*, in octaves: log2 of cycles per picture, weighted by power. */
  readonly spatialFrequency: number;
}

const side = 64;

/**
 * Measures colour, luminance, contrast, edge orientation and spatial frequency of a picture, after a resize of its
 * middle square to 64 × 64 (so that sizes can be compared; what is finer is not seen). Alpha is laid on white. sRGB is
 * taken as CIELAB under D65. About 3 ms a picture.
 *
 * @throws InputError for a picture of zero size
 */
export function pictureFeatures(picture: DecodedPicture): MeasuredFeatures {
  checkPicture(picture);
  const small = resizePicture(middleSquareOnWhite(picture), side, side);
  const n = side * side;
  const lightness = new Float64Array(n);
  let [chroma, a, b] = [0, 0, 0];
  for (let p = 0; p < n; p++) {
    const lab = labOf(small.data[3 * p]!, small.data[3 * p + 1]!, small.data[3 * p + 2]!);
    lightness[p] = lab[0]!;
    a += lab[1]! / n;
    b += lab[2]! / n;
    chroma += Math.hypot(lab[1]!, lab[2]!) / n;
  }
  const luminance = lightness.reduce((sum, value) => sum + value, 0) / n;
  const centred = lightness.map((value) => value - luminance);
  return {
    luminance,
    contrast: Math.sqrt(centred.reduce((sum, value) => sum + value * value, 0) / n),
    ...{ saturation: chroma, redness: a, yellowness: b },
    ...edgeOrientations(lightness),
    spatialFrequency: meanFrequency(centred),
  };
}

function middleSquareOnWhite({ data, width, height, channels }: DecodedPicture): DecodedPicture {
  const size = Math.min(width, height);
  const [left, top] = [(width - size) >> 1, (height - size) >> 1];
  const out = new Uint8Array(size * size * 3);
  const hasAlpha = channels === 2 || channels === 4;
  for (let p = 0; p < size * size; p++) {
    const from = ((top + Math.floor(p / size)) * width + left + (p % size)) * channels;
    const alpha = hasAlpha ? data[from + channels - 1]! / 255 : 1;
    for (let c = 0; c < 3; c++) {
      const byte = data[from + (channels >= 3 ? c : 0)]!;
      out[3 * p + c] = Math.round(byte * alpha + 255 * (1 - alpha));
    }
  }
  return { data: out, width: size, height: size, channels: 3 };
}

/** sRGB bytes to CIELAB (D65). */
export function labOf(red: number, green: number, blue: number): [number, number, number] {
  const linear = (byte: number) =>
    byte <= 10.31475 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4;
  const [r, g, b] = [linear(red), linear(green), linear(blue)];
  const f = (t: number) => (t > 216 / 24389 ? Math.cbrt(t) : ((24389 / 27) * t + 16) / 116);
  const x = f((0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047);
  const y = f(0.2126729 * r + 0.7151522 * g + 0.072175 * b);
  const z = f((0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883);
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** Shares of gradient energy by edge orientation (at right angles to the gradient), central differences. */
function edgeOrientations(values: Float64Array) {
  const energy = { horizontal: 0, falling: 0, vertical: 0, rising: 0 };
  const names = ['vertical', 'rising', 'horizontal', 'falling'] as const;
  let sum = 0;
  for (let y = 1; y < side - 1; y++) {
    for (let x = 1; x < side - 1; x++) {
      const p = y * side + x;
      const dx = values[p + 1]! - values[p - 1]!;
      const dy = values[p + side]! - values[p - side]!;
      const squared = dx * dx + dy * dy;
      // A gradient along x is a vertical edge; one down to the right (y grows downwards) a rising edge.
      energy[names[((Math.round((4 * Math.atan2(dy, dx)) / Math.PI) % 4) + 4) % 4]!] += squared;
      sum += squared;
    }
  }
  for (const name of names) energy[name] = sum > 0 ? energy[name] / sum : 0.25;
  return energy;
}

/** Power-weighted mean of log2(cycles per picture), under a Hann window; separable discrete Fourier transform. */
function meanFrequency(values: Float64Array): number {
  const window = Float64Array.from(
    { length: side },
    (_, i) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (i + 0.5)) / side),
  );
  const real = values.map((value, p) => value * window[Math.floor(p / side)]! * window[p % side]!);
  const imaginary = new Float64Array(real.length);
  for (let y = 0; y < side; y++) transform(real, imaginary, y * side, 1);
  for (let x = 0; x < side; x++) transform(real, imaginary, x, side);
  const cycles = (k: number) => (k <= side / 2 ? k : side - k);
  let [power, sum] = [0, 0];
  for (let p = 1; p < real.length; p++) {
    const own = real[p]! ** 2 + imaginary[p]! ** 2;
    power += own;
    sum += own * Math.log2(Math.hypot(cycles(Math.floor(p / side)), cycles(p % side)));
  }
  return power > 1e-12 ? sum / power : 0;
}

const turns = Array.from({ length: side }, (_, k) => [
  Math.cos((2 * Math.PI * k) / side),
  -Math.sin((2 * Math.PI * k) / side),
]);

function transform(real: Float64Array, imaginary: Float64Array, start: number, step: number): void {
  const [re, im] = [new Float64Array(side), new Float64Array(side)];
  for (let k = 0; k < side; k++) {
    for (let i = 0; i < side; i++) {
      const [c, s] = turns[(i * k) % side]!;
      const at = start + i * step;
      re[k]! += real[at]! * c! - imaginary[at]! * s!;
      im[k]! += real[at]! * s! + imaginary[at]! * c!;
    }
  }
  for (let k = 0; k < side; k++) {
    real[start + k * step] = re[k]!;
    imaginary[start + k * step] = im[k]!;
  }
}

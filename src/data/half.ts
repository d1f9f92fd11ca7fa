import { InputError } from '../util/errors.js';

let table: Float32Array | undefined;
const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);

/** Widens IEEE 754 half-precision bits to float32, exactly. */
export function float16ToFloat32(bits: Uint16Array, out = new Float32Array(bits.length)): Float32Array {
  table ??= Float32Array.from({ length: 65536 }, (_, half) => widen(half));
  for (let i = 0; i < bits.length; i++) out[i] = table[bits[i]!]!;
  return out;
}

function widen(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction);
}

/** Widens bfloat16 bits (the upper half of a float32) to float32, exactly. */
export function bfloat16ToFloat32(bits: Uint16Array): Float32Array {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i]! << 16;
  return new Float32Array(words.buffer);
}

/**
 * Rounds numbers to half precision (nearest, ties to even; NaN and infinities kept), as bits.
 * Throws {@link InputError} where a finite value is beyond the largest half, 65504.
 */
export function toFloat16(values: ArrayLike<number>): Uint16Array {
  const bits = new Uint16Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    float64[0] = value;
    const low = float64Words[0]!;
    const high = float64Words[1]!;
    const sign = (high >>> 16) & 0x8000;
    const exponent = ((high >>> 20) & 2047) - 1008;
    let half: number;
    if (exponent >= 1 && exponent <= 30) {
      half = (exponent << 10) | ((high >>> 10) & 1023);
      const rest = high & 1023;
      if (rest > 512 || (rest === 512 && (low !== 0 || half & 1))) half++;
    } else if (exponent < 1) half = roundHalfToEven(Math.abs(value) * 2 ** 24);
    else half = Number.isNaN(value) ? 0x7e00 : 0x7c00;
    if (half === 0x7c00 && Number.isFinite(value)) {
      throw new InputError(`value[${i}]`, value, 'at most 65504 to be float16', 'write float32 instead');
    }
    bits[i] = Number.isNaN(value) ? half : sign | half;
  }
  return bits;
}

/** Rounds numbers to bfloat16 (nearest, ties to even; NaN kept), as bits. */
export function toBfloat16(values: ArrayLike<number>): Uint16Array {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    const noNumber = (word & 0x7fffffff) > 0x7f800000;
    bits[i] = noNumber ? (word >>> 16) | 0x40 : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  }
  return bits;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

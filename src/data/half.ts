import { InputError } from '../util/errors.js';

let table: Float32Array | undefined;

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
  return Uint16Array.from(values, (value, index) => {
    const magnitude = Math.abs(value);
    const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
    if (Number.isNaN(value)) return 0x7e00;
    if (magnitude === Number.POSITIVE_INFINITY) return sign | 0x7c00;
    if (magnitude >= 65520) {
      throw new InputError(`value[${index}]`, value, 'at most 65504 to be float16', 'write float32 instead');
    }
    const exponent = Math.max(magnitude === 0 ? -14 : exponentOf(magnitude), -14);
    const steps = roundHalfToEven(magnitude / 2 ** (exponent - 10));
    return sign | (((exponent + 14) << 10) + steps);
  });
}

/** Rounds numbers to bfloat16 (nearest, ties to even; NaN kept), as bits. */
export function toBfloat16(values: ArrayLike<number>): Uint16Array {
  const words = new Uint32Array(Float32Array.from(values).buffer);
  return Uint16Array.from(words, (word) => {
    if ((word & 0x7fffffff) > 0x7f800000) return (word >>> 16) | 0x40;
    return (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
  });
}

const float64 = new Float64Array(1);
const float64Words = new Uint32Array(float64.buffer);

/** Power of two of a positive normal number: floor(log2), exactly. */
function exponentOf(value: number): number {
  float64[0] = value;
  return ((float64Words[1]! >>> 20) & 2047) - 1023;
}

function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

import type { PackedNumbers } from '../pack.js';

const stores = {
  i1: Int8Array,
  u1: Uint8Array,
  i2: Int16Array,
  u2: Uint16Array,
  i4: Int32Array,
  u4: Uint32Array,
  f4: Float32Array,
  f8: Float64Array,
};

/** Numbers of a trace, whichever way they are written; gaps are NaN. */
export function numbersOf(value: unknown): number[] {
  if (Array.isArray(value)) return value.map((item) => (item === null ? Number.NaN : Number(item)));
  const packed = value as Partial<PackedNumbers> | undefined;
  if (!packed?.bdata || !packed.dtype) return [];
  const bytes = Uint8Array.from(Buffer.from(packed.bdata, 'base64'));
  return Array.from(new stores[packed.dtype](bytes.buffer));
}

/** Round values within a range, about `n`. */
export function niceTicks(low: number, high: number, n = 5): number[] {
  const raw = (high - low) / n;
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw * 0.999)!;
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

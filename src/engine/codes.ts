import type { VectorPool } from './vectorPool.js';

/**
 * Int8 codes of a pool's unit vectors: u ≈ scale · code, with ‖u − scale · code‖ ≤ error. The product of two rows'
 * codes then bounds their cosine: cos ≤ scaleᵢ scaleⱼ (codeᵢ · codeⱼ) + errorᵢ + errorⱼ + errorᵢ errorⱼ.
 */
export interface Codes {
  /** n × stride, within ±levels, over shared memory. */
  readonly code: Int8Array;
  readonly sum: Int32Array;
  readonly scale: Float32Array;
  /** Rounded up. */
  readonly error: Float32Array;
  readonly levels: number;
}

/** Room for the codes of a pool. Products of 127 levels overflow the 16-bit sums of older processors; 63 fit. */
export function emptyCodes({ n, stride }: VectorPool, levels: 63 | 127): Codes {
  const shared = (bytes: number) => new SharedArrayBuffer(bytes);
  return {
    code: new Int8Array(shared(n * stride)),
    sum: new Int32Array(shared(n * 4)),
    scale: new Float32Array(shared(n * 4)),
    error: new Float32Array(shared(n * 4)),
    levels,
  };
}

/** Codes rows from … to. Zero vectors keep codes of zero. */
export function codeRows(
  pool: Pick<VectorPool, 'data' | 'stride' | 'squares'>,
  codes: Codes,
  from: number,
  to: number,
) {
  const { data, stride, squares } = pool;
  const { code, levels } = codes;
  for (let i = from; i < to; i++) {
    if (squares[i] === 0) continue;
    const start = i * stride;
    const norm = Math.sqrt(squares[i]!);
    let largest = 0;
    for (let k = start; k < start + stride; k++) largest = Math.max(largest, Math.abs(data[k]!));
    const scale = Math.fround(largest / norm / levels);
    const perUnit = 1 / (norm * scale);
    let [sum, missed] = [0, 0];
    for (let k = start; k < start + stride; k++) {
      const exact = data[k]! * perUnit;
      const rounded = Math.max(-levels, Math.min(levels, Math.round(exact)));
      code[k] = rounded;
      sum += rounded;
      missed += (exact - rounded) * (exact - rounded);
    }
    codes.sum[i] = sum;
    codes.scale[i] = scale;
    codes.error[i] = Math.sqrt(missed) * scale * (1 + 1e-6) + 1e-7;
  }
}

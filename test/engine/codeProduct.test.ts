import { describe, expect, it } from 'vitest';
import { isExactAt, onnxCodeProduct, wasmCodeProduct } from '../../src/engine/codeProduct.js';
import { codeRows, emptyCodes } from '../../src/engine/codes.js';
import { compileSimilarity, SimilarityKernel } from '../../src/engine/similarityKernel.js';
import { cosine, poolVectors } from '../../src/engine/vectorPool.js';
import { clumpedVectors } from '../cluster/random.js';

const [size, columns] = [40, 48];

/** Two groups, the second of which ends in rows that codes of one scale can only cut off: what turns into one coordinate. */
function hardPool(nDims: number) {
  const [a, b] = clumpedVectors(9, [size, columns - 1], nDims);
  for (let k = 0; k < nDims; k++) {
    const sign = Math.imul(k + 1, 0x9e3779b1) < 0 ? -1 : 1;
    a!.data[k] = sign;
    b!.data[k] = 3 * sign;
    b!.data[nDims + k] = k === 5 ? 1 : 0;
  }
  return poolVectors([a!, b!]);
}

describe.each([64, 80, 512])('products of codes of %i dimensions', (nDims) => {
  it.each([
    { product: 'wasm' as const, levels: 127 as const },
    { product: 'onnx' as const, levels: 63 as const },
    { product: 'onnx' as const, levels: 127 as const },
  ])('bound every cosine from above and below: $product, $levels levels', async ({ product, levels }) => {
    if (product === 'onnx' && !(await isExactAt(levels))) return;
    const pool = hardPool(nDims);
    const codes = emptyCodes(pool, levels);
    const kernel = new SimilarityKernel(await compileSimilarity(), 96, columns, pool.stride, 1 << 10, size);
    codeRows(kernel, pool, codes, 0, pool.n);
    const live = columns - 1;
    kernel.int8('codesA', size * pool.stride).set(codes.code.subarray(0, size * pool.stride));
    kernel
      .int8('codesB', columns * pool.stride)
      .fill(0)
      .set(codes.code.subarray(size * pool.stride));
    kernel.float32('rowError', size).set(codes.error.subarray(0, size));
    kernel.float32('columnError', columns).fill(1).set(codes.error.subarray(size));
    kernel.int32('picked', size).forEach((_, k, picked) => {
      picked[k] = k;
    });
    // The row that is cut off misses much of itself, others little.
    expect(codes.error[0]).toBeGreaterThan(0.3);
    expect(Math.max(...codes.error.subarray(1, size))).toBeLessThan(levels === 127 ? 0.1 : 0.12);
    const multiply = product === 'wasm' ? wasmCodeProduct(kernel) : await onnxCodeProduct(kernel, codes);
    multiply.rows(size);
    multiply.columns(columns);
    for (const floor of [-0.4, 0.05, 0.7]) {
      kernel.float32('rowFloor', size).fill(floor);
      kernel.float32('columnFloor', columns).fill(floor + 0.1);
      kernel.run.aim(size, columns, 0, codes.scale ** 2, 0.02, 1);
      await multiply.run('codesA', 0, size, columns);
      const [zero, step] = [kernel.at('zero'), kernel.at('step')];
      const products = kernel.uint8('product', size * columns);
      const least = kernel.uint8('rowLeast', size);
      const excess = kernel.uint8('columnExcess', columns);
      let [passed, inside] = [0, 0];
      for (let i = 0; i < size; i++) {
        for (let j = 0; j < live; j++) {
          const s = cosine(pool, i, size + j);
          const [e, f] = [codes.error[i]!, codes.error[size + j]!];
          const q = products[i * columns + j]!;
          const middle = (q - zero) * step;
          const miss = 0.52 * step + e + f + e * f;
          if (q < 255) expect(s).toBeLessThanOrEqual(middle + miss);
          if (q > 0) expect(s).toBeGreaterThanOrEqual(middle - miss);
          if (q > 0 && q < 255) inside++;
          // The row's threshold lets every pair above its floor pass.
          const passes = q >= Math.max(0, least[i]! - excess[j]!);
          if (s > floor) expect(passes).toBe(true);
          if (passes) passed++;
        }
      }
      expect(inside).toBeGreaterThan((size * live) / 4);
      if (floor > 0.5) expect(passed).toBeLessThan((size * live) / 2);
    }
  });
});

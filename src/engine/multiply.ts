import { type Matrix, matrix } from '../util/array.js';
import { TrainArena } from './kernels.js';
import { loadOnnx, onnxModel, onnxSession } from './onnx.js';
import type { ProductKind } from './products.js';

/** a · b, or aᵀ · b; the result is a new matrix. */
export type Multiply = (a: Matrix, b: Matrix, transposeA?: boolean) => Promise<Matrix>;

/** Matrix products for the steps around training: predictions, covariances, Gram matrices. */
export async function openMultiply(kind: ProductKind): Promise<Multiply> {
  return kind === 'onnx' ? onnxMultiply() : wasmMultiply;
}

async function onnxMultiply(): Promise<Multiply> {
  const { Tensor } = await loadOnnx();
  const plain = await onnxSession(onnxModel('MatMul'));
  const transposed = await onnxSession(onnxModel('Gemm', { transA: 1 }));
  // onnxruntime does not take memory shared between threads
  const tensor = ({ data, shape }: Matrix) =>
    new Tensor('float32', data.buffer instanceof SharedArrayBuffer ? data.slice() : data, shape);
  return async (a, b, transposeA = false) => {
    const out = matrix(a.shape[transposeA ? 1 : 0], b.shape[1]);
    await (transposeA ? transposed : plain).run({ a: tensor(a), b: tensor(b) }, { out: tensor(out) });
    return out;
  };
}

const wasmMultiply: Multiply = async (a, b, transposeA = false) => {
  const pad = (length: number) => Math.ceil(length / 8) * 8;
  const [rows, columns] = a.shape;
  const [m, k] = transposeA ? [columns, rows] : [rows, columns];
  const n = b.shape[1];
  const left: [number, number] = transposeA ? [k, pad(m)] : [pad(m), k];
  const arena = new TrainArena(left[0] * left[1] + (k + pad(m)) * pad(n), 3);
  const place = (source: Matrix, nRows: number, nColumns: number) => {
    const target = arena.take(nRows * nColumns);
    const length = source.shape[1];
    for (let row = 0; row < source.shape[0]; row++) {
      target.set(source.data.subarray(row * length, (row + 1) * length), row * nColumns);
    }
    return target.byteOffset;
  };
  const [pa, pb] = [place(a, ...left), place(b, k, pad(n))];
  const out = arena.take(pad(m) * pad(n));
  if (transposeA) arena.kernels.multiplyTransposed(pa, pb, out.byteOffset, pad(m), k, pad(n));
  else arena.kernels.multiply(pa, pb, out.byteOffset, pad(m), k, pad(n), 0);
  const result = matrix(m, n);
  for (let row = 0; row < m; row++) {
    result.data.set(out.subarray(row * pad(n), row * pad(n) + n), row * n);
  }
  return result;
};

import type { TrainArena, TrainKernels } from './kernels.js';
import { onnxProducts } from './onnx.js';

/** c[m × n] from a and b with the inner length k; all row-major float32, arrays of one arena. */
export type Product = (
  a: Float32Array,
  b: Float32Array,
  c: Float32Array,
  m: number,
  k: number,
  n: number,
) => void | Promise<void>;

/** The matrix products of a training. */
export interface Products {
  /** c = a · b for a[m × k], b[k × n] */
  plain: Product;
  /** c = aᵀ · b for a[k × m], b[k × n] */
  transposed: Product;
  /** c = a · bᵀ for a[m × k], b[n × k] */
  byTransposed: Product;
}

/** `onnx`: onnxruntime-node's kernels, written for each processor; `wasm`: our own, everywhere. */
export type ProductKind = 'onnx' | 'wasm';
export type ProductFactory = (arena: TrainArena) => Products;

/** Loads what a kind of products needs and says how to make them over an arena. */
export async function productsOf(kind: ProductKind): Promise<ProductFactory> {
  return kind === 'onnx' ? onnxProducts() : (arena) => wasmProducts(arena.kernels);
}

/** Products by the wasm kernels: no start-up and no call cost, a quarter of the machine's speed. */
export function wasmProducts(kernels: TrainKernels): Products {
  return {
    plain: (a, b, c, m, k, n) => kernels.multiply(a.byteOffset, b.byteOffset, c.byteOffset, m, k, n, 0),
    transposed: (a, b, c, m, k, n) =>
      kernels.multiplyTransposed(a.byteOffset, b.byteOffset, c.byteOffset, m, k, n),
    byTransposed: (a, b, c, m, k, n) =>
      kernels.multiplyByTransposed(a.byteOffset, b.byteOffset, c.byteOffset, m, k, n),
  };
}

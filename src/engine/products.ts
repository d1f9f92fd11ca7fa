import type { TrainArena, TrainKernels } from './kernels.js';
import { onnxProducts } from './onnx.js';

/** Matrix products over arrays of one arena; all row-major float32. */
export interface Products {
  /** c[m × n] = a[m × k] · b[k × n] */
  plain(
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    m: number,
    k: number,
    n: number,
  ): void | Promise<void>;
  /** c[m × n] = aᵀ · b for a[k × m], b[k × n] */
  transposed(
    a: Float32Array,
    b: Float32Array,
    c: Float32Array,
    m: number,
    k: number,
    n: number,
  ): void | Promise<void>;
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
    plain(a, b, c, m, k, n) {
      kernels.multiply(a.byteOffset, b.byteOffset, c.byteOffset, m, k, n, 0);
    },
    transposed(a, b, c, m, k, n) {
      kernels.multiplyTransposed(a.byteOffset, b.byteOffset, c.byteOffset, m, k, n);
    },
  };
}

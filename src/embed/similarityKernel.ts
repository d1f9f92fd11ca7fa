import { readFileSync } from 'node:fs';

interface Kernel {
  dots(vectors: number, nVectors: number, rows: number, nRows: number, stride: number, out: number): void;
  squaredNorms(rows: number, nRows: number, stride: number, out: number): void;
}

/** The compiled kernel with its memory laid out for blocks of one size. */
export interface DotBlocks {
  /** Rows a block holds at most. */
  readonly nBlockRows: number;
  /** Room for a block of rows: nBlockRows × stride; columns beyond nDims stay zero. */
  readonly rows: Float32Array;
  readonly stride: number;
  /** Dot products of every vector with the block's rows, nVectors × nBlockRows. */
  dots(): Float32Array;
  /** Squared length of each row of the block. */
  squaredNorms(): Float32Array;
}

const blockRows = 128;
let compiled: WebAssembly.Module | undefined;

/** Opens the kernel for `nVectors` vectors (rows of `vectors`, nVectors × nDims). */
export function openDotBlocks(vectors: Float32Array, nVectors: number, nDims: number): DotBlocks {
  // Sources run as they are under test; the kernel exists in the build only.
  const url = new URL('./similarity.wasm', import.meta.url.replace('/src/embed/', '/dist/embed/'));
  compiled ??= new WebAssembly.Module(readFileSync(url));
  const stride = Math.ceil(nDims / 4) * 4;
  const nPadded = Math.ceil(nVectors / 4) * 4;
  const vectorsAt = 1024;
  const rowsAt = vectorsAt + nPadded * stride * 4;
  const outAt = rowsAt + blockRows * stride * 4;
  const normsAt = outAt + nPadded * blockRows * 4;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((normsAt + blockRows * 4) / 65536) });
  const { dots, squaredNorms } = new WebAssembly.Instance(compiled, { env: { memory } })
    .exports as unknown as Kernel;
  const view = (at: number, length: number) => new Float32Array(memory.buffer, at, length);
  const padded = view(vectorsAt, nPadded * stride);
  for (let v = 0; v < nVectors; v++) padded.set(vectors.subarray(v * nDims, (v + 1) * nDims), v * stride);
  const [rows, out, norms] = [
    view(rowsAt, blockRows * stride),
    view(outAt, nPadded * blockRows),
    view(normsAt, blockRows),
  ];
  return {
    ...{ nBlockRows: blockRows, rows, stride },
    dots() {
      dots(vectorsAt, nPadded, rowsAt, blockRows, stride, outAt);
      return out;
    },
    squaredNorms() {
      squaredNorms(rowsAt, blockRows, stride, normsAt);
      return norms;
    },
  };
}

import type { Tensor } from 'onnxruntime-node';
import { loadOnnx, onnxModel, onnxSession } from './onnx.js';
import type { SimilarityKernel } from './similarityKernel.js';

/** Multiplies the codes that lie in a kernel's arrays, rows by columns, into its `product`. */
export interface CodeProduct {
  /** Called when the codes of the rows (levels of the codes given) have been put in place. */
  rows(rows: number): void;
  /** Called when the codes of the columns (a multiple of 16 of them) have been put in place. */
  columns(columns: number): void;
  /** Products of rows from … to with the columns; row `from` comes first. */
  run(from: number, to: number, columns: number): void | Promise<void>;
  /** What is added to each code of the rows; each column's offset is this times the sum of its codes. */
  readonly zero: number;
}

/** The kernel's own product. */
export function wasmCodeProduct(kernel: SimilarityKernel): CodeProduct {
  return {
    zero: 0,
    rows() {},
    columns() {},
    run: (from, to, columns) => kernel.run.multiply(from, to, columns),
  };
}

/** onnxruntime's product of unsigned by signed bytes: some ten times as fast where the processor has one. */
export async function onnxCodeProduct(kernel: SimilarityKernel, levels: number): Promise<CodeProduct> {
  const { Tensor } = await loadOnnx();
  const session = await onnxSession(integerProduct());
  const zero = levels + 1;
  const known = new Map<string, Record<string, Tensor>>();
  const tensors = (from: number, to: number, columns: number) => {
    const { stride } = kernel;
    const rows = to - from;
    const codes = kernel.uint8('codesA', to * stride).subarray(from * stride);
    const a = new Tensor('uint8', codes, [rows, stride]);
    const b = new Tensor('int8', kernel.int8('codesBT', stride * columns), [stride, columns]);
    const out = new Tensor('int32', kernel.int32('product', rows * columns), [rows, columns]);
    return { a, b, out };
  };
  return {
    zero,
    rows: (rows) => kernel.run.offsetRows(rows, zero),
    columns: (columns) => kernel.run.transposeColumns(columns),
    async run(from, to, columns) {
      const key = `${from} ${to} ${columns}`;
      let made = known.get(key);
      if (!made) known.set(key, (made = tensors(from, to, columns)));
      await session.run({ a: made['a']!, b: made['b']! }, { out: made['out']! });
    },
  };
}

/**
 * Whether products of 127 levels are exact here: processors without byte dot products add pairs in 16 bits, which
 * overflow. Throws where onnxruntime does not run.
 */
export async function isExactAt127(): Promise<boolean> {
  const { Tensor } = await loadOnnx();
  const session = await onnxSession(integerProduct());
  const n = 64;
  const a = new Tensor('uint8', new Uint8Array(n * n).fill(255), [n, n]);
  const b = new Tensor('int8', new Int8Array(n * n).fill(127), [n, n]);
  const { out } = await session.run({ a, b });
  return (out!.data as Int32Array).every((sum) => sum === n * 255 * 127);
}

function integerProduct(): Uint8Array {
  return onnxModel('MatMulInteger', {}, { inputs: ['uint8', 'int8'], output: 'int32' });
}

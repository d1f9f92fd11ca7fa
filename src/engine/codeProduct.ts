import type { Tensor } from 'onnxruntime-node';
import { MissingError } from '../util/errors.js';
import type { Codes } from './codes.js';
import { loadOnnx, onnxModel, onnxSession } from './onnx.js';
import type { SimilarityKernel } from './similarityKernel.js';

/** Multiplies the codes that lie in a kernel's arrays, rows by columns, into its `product`, in the steps it is at. */
export interface CodeProduct {
  /** Called when the codes of the rows (levels of the codes given) have been put in place. */
  rows(rows: number): void;
  /** Called when the codes of the columns (a multiple of 16 of them) have been put in place. */
  columns(columns: number): void;
  /** Products with the columns of so many rows of codes, from one on. */
  run(codes: 'codesA' | 'codesPicked', from: number, rows: number, columns: number): void | Promise<void>;
}

/** The kernel's own product. */
export function wasmCodeProduct(kernel: SimilarityKernel): CodeProduct {
  return {
    rows() {},
    columns() {},
    run: (codes, from, rows, columns) =>
      kernel.run.multiply(kernel.at(codes) + from * kernel.stride, rows, columns),
  };
}

/**
 * onnxruntime's product of unsigned by signed bytes, rounded to bytes: some ten times as fast where the processor has
 * one. Bytes rather than whole sums because onnxruntime-node copies what it gives into new memory on every call.
 */
export async function onnxCodeProduct(
  kernel: SimilarityKernel,
  { levels, scale }: Pick<Codes, 'levels' | 'scale'>,
): Promise<CodeProduct> {
  const multiply = await byteProduct(levels + 1);
  const { Tensor } = await loadOnnx();
  const known = new Map<string, Operands>();
  const tensors = (codes: string, from: number, rows: number, columns: number) => {
    const { stride } = kernel;
    return {
      a: new Tensor('uint8', kernel.uint8(codes, (from + rows) * stride).subarray(from * stride), [
        rows,
        stride,
      ]),
      b: new Tensor('int8', kernel.int8('codesBT', stride * columns), [stride, columns]),
      out: new Tensor('uint8', kernel.uint8('product', rows * columns), [rows, columns]),
    };
  };
  return {
    rows: (rows) => kernel.run.offsetRows(rows, levels + 1),
    columns: (columns) => kernel.run.transposeColumns(columns),
    async run(codes, from, rows, columns) {
      const key = `${codes} ${from} ${rows} ${columns}`;
      let made = known.get(key);
      if (!made) known.set(key, (made = tensors(codes, from, rows, columns)));
      await multiply(made, kernel.at('step') / (scale * scale), kernel.at('zero'));
    },
  };
}

interface Operands {
  /** Rows × depth, unsigned: codes plus the zero point. */
  a: Tensor;
  /** Depth × columns. */
  b: Tensor;
  /** Rows × columns: round(product / step) + zero, cut off at 0 and 255. */
  out: Tensor;
}

/** This thread's session: products of any size, levels and steps. */
let opened: ReturnType<typeof onnxSession> | undefined;

async function byteProduct(zeroPoint: number) {
  const { Tensor } = await loadOnnx();
  opened ??= onnxSession(roundedProduct(), { enableCpuMemArena: true });
  const session = await opened;
  const one = new Tensor('float32', Float32Array.of(1), []);
  const [stepOf, zeroOf] = [new Float32Array(1), new Uint8Array(1)];
  const fixed = {
    b: one,
    c: new Tensor('uint8', Uint8Array.of(zeroPoint), []),
    e: one,
    f: new Tensor('int8', Int8Array.of(0), []),
    g: new Tensor('float32', stepOf, []),
    h: new Tensor('uint8', zeroOf, []),
  };
  return async ({ a, b, out }: Operands, step: number, zero: number) => {
    stepOf[0] = step;
    zeroOf[0] = zero;
    await session.run({ ...fixed, a, d: b }, { out });
  };
}

/**
 * The most levels of codes whose products are exact here: processors without byte dot products add pairs in 16 bits,
 * which 127 levels overflow and 63 do not.
 *
 * @throws MissingError where onnxruntime does not run, or rounds products by more than half a step
 */
export async function exactLevels(): Promise<63 | 127> {
  if (await isExactAt(127)) return 127;
  if (await isExactAt(63)) return 63;
  const fix = 'use the engine "wasm" (slower, same results), and report this processor';
  throw new MissingError('exact byte products of onnxruntime', 'come out wrong on this processor', fix);
}

/** Whether products of codes of so many levels, the largest and others of every size and sign, come out as they should. */
export async function isExactAt(levels: 63 | 127): Promise<boolean> {
  const { Tensor } = await loadOnnx();
  const multiply = await byteProduct(levels + 1);
  const [n, depth] = [16, 64];
  const code = (i: number, k: number) =>
    i < 4 ? levels : ((i * 73 + k * 151 + ((i * k) % 31)) % (2 * levels + 1)) - levels;
  const a = new Uint8Array(n * depth);
  const b = new Int8Array(n * depth);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < depth; k++) {
      a[i * depth + k] = code(i, k) + levels + 1;
      b[k * n + i] = code(i, k);
    }
  }
  const products = new Uint8Array(n * n);
  const operands = {
    a: new Tensor('uint8', a, [n, depth]),
    b: new Tensor('int8', b, [depth, n]),
    out: new Tensor('uint8', products, [n, n]),
  };
  const [step, zero] = [levels ** 2 / 3.2, 40];
  await multiply(operands, step, zero);
  return products.every((product, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let whole = 0;
    for (let k = 0; k < depth; k++) whole += code(i, k) * code(j, k);
    return Math.abs(Math.max(0, Math.min(255, whole / step + zero)) - product) < 0.501;
  });
}

function roundedProduct(): Uint8Array {
  const [float32, uint8, int8] = (['float32', 'uint8', 'int8'] as const).map((scalar) => ({ scalar }));
  return onnxModel(
    'QLinearMatMul',
    {},
    { inputs: ['uint8', float32!, uint8!, 'int8', float32!, int8!, float32!, uint8!], output: 'uint8' },
  );
}

import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { MissingError } from '../util/errors.js';
import type { ProductFactory } from './products.js';

const text = new TextEncoder();

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** Fields of a protocol buffer: a length-delimited one (bytes, text or nested fields) and an integer. */
const field = (number: number, ...parts: number[][]) => {
  const bytes = parts.flat();
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
};
const string = (number: number, value: string) => field(number, [...text.encode(value)]);
const integer = (number: number, value: number) => [...varint(number * 8), ...varint(value)];

/** Element types of ONNX tensors. */
export const onnxType = { float32: 1, uint8: 2, int8: 3, int32: 6 } as const;
export type OnnxType = keyof typeof onnxType;

/**
 * A model of one operator with inputs `a`, `b`, … and output `out`, all matrices of any size unless said to be scalars:
 * the bytes of an ONNX file (opset 13), small enough to write by hand.
 *
 * @param attributes integer attributes: `{ transA: 1 }`
 */
export function onnxModel(
  operator: string,
  attributes: Record<string, number> = {},
  types: { inputs: (OnnxType | { scalar: OnnxType })[]; output: OnnxType } = {
    inputs: ['float32', 'float32'],
    output: 'float32',
  },
): Uint8Array {
  const names = types.inputs.map((_, i) => 'abcdefgh'[i]!);
  const axis = (name: string) => field(1, string(2, name));
  const value = (number: number, name: string, given: OnnxType | { scalar: OnnxType }) => {
    const type = typeof given === 'string' ? given : given.scalar;
    const shape = typeof given === 'string' ? field(2, axis(`${name}0`), axis(`${name}1`)) : field(2);
    return field(number, string(1, name), field(2, field(1, integer(1, onnxType[type]), shape)));
  };
  const attribute = ([name, number]: [string, number]) =>
    field(5, string(1, name), integer(3, number), integer(20, 2));
  const node = field(
    1,
    ...names.map((name) => string(1, name)),
    string(2, 'out'),
    string(4, operator),
    ...Object.entries(attributes).map(attribute),
  );
  const inputs = names.map((name, i) => value(11, name, types.inputs[i]!));
  const graph = field(7, node, string(2, operator), ...inputs, value(12, 'out', types.output));
  return Uint8Array.from([...integer(1, 8), ...graph, ...field(8, integer(2, 13))]);
}

/** Loads onnxruntime-node, or says how to get on without it. */
export async function loadOnnx(): Promise<
  Pick<typeof import('onnxruntime-node'), 'InferenceSession' | 'Tensor'>
> {
  try {
    return await import('onnxruntime-node');
  } catch (cause) {
    throw new MissingError(
      'onnxruntime-node',
      `does not load on ${process.platform}-${process.arch}`,
      'use the engine "wasm" (slower, same results to 1e-6), or run "npm ci" again',
      cause,
    );
  }
}

/** A session for one thread: the caller's own threads are the parallelism. */
export async function onnxSession(
  model: Uint8Array,
  options: InferenceSession.SessionOptions = {},
): Promise<InferenceSession> {
  const { InferenceSession } = await loadOnnx();
  return InferenceSession.create(model, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: false,
    enableMemPattern: false,
    graphOptimizationLevel: 'disabled',
    executionProviders: ['cpu'],
    logSeverityLevel: 3,
    ...options,
  });
}

/** Products by onnxruntime over views of the arena's memory, without copies. */
export async function onnxProducts(): Promise<ProductFactory> {
  const { Tensor } = await loadOnnx();
  const plain = await onnxSession(onnxModel('MatMul'));
  const transposed = await onnxSession(onnxModel('Gemm', { transA: 1 }));
  const byTransposed = await onnxSession(onnxModel('Gemm', { transB: 1 }));
  return () => {
    const known = new Map<string, Tensor>();
    const tensor = (array: Float32Array, rows: number, columns: number) => {
      const key = `${array.byteOffset} ${rows} ${columns}`;
      let made = known.get(key);
      if (!made) {
        made = new Tensor('float32', array.subarray(0, rows * columns), [rows, columns]);
        known.set(key, made);
      }
      return made;
    };
    return {
      async plain(a, b, c, m, k, n) {
        await plain.run({ a: tensor(a, m, k), b: tensor(b, k, n) }, { out: tensor(c, m, n) });
      },
      async transposed(a, b, c, m, k, n) {
        await transposed.run({ a: tensor(a, k, m), b: tensor(b, k, n) }, { out: tensor(c, m, n) });
      },
      async byTransposed(a, b, c, m, k, n) {
        await byTransposed.run({ a: tensor(a, m, k), b: tensor(b, n, k) }, { out: tensor(c, m, n) });
      },
    };
  };
}

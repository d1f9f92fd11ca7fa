import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { ResourceError } from '../util/errors.js';
import { builtUrl } from './pool.js';
import type { TrainingRule } from './training.js';

/** The exports of train.as.ts; pointers are byte offsets into the memory. */
export interface TrainKernels {
  heapBase(): number;
  multiply(a: number, b: number, c: number, m: number, k: number, n: number, accumulate: number): void;
  multiplyTransposed(a: number, b: number, c: number, m: number, k: number, n: number): void;
  multiplyByTransposed(a: number, b: number, c: number, m: number, k: number, n: number): void;
  unitColumns(x: number, bias: number, norms: number, m: number, n: number): void;
  throughUnitColumns(x: number, g: number, norms: number, sums: number, m: number, n: number): void;
  add(sum: number, x: number, n: number): void;
  adam(
    w: number,
    m: number,
    v: number,
    g: number,
    n: number,
    beta1: number,
    beta2: number,
    stepSize: number,
    rootScale: number,
    epsilon: number,
    rest1: number,
    rest2: number,
  ): void;
  addNoise(
    x: number,
    n: number,
    voxel: number,
    row: number,
    step: number,
    sd: number,
    k0: number,
    k1: number,
  ): void;
  uniform(x: number, n: number, first: bigint, bound: number, k0: number, k1: number): void;
}

const maxPages = 65536;
let compiled: WebAssembly.Module | undefined;

/** The training kernels over a memory of their own, laid out once: `take` hands out zeroed float32 arrays. */
export class TrainArena {
  readonly kernels: TrainKernels;
  readonly buffer: ArrayBuffer;
  #next: number;

  /** @param nFloats room for this many numbers, in at most `nArrays` arrays */
  constructor(nFloats: number, nArrays: number) {
    if (!compiled) {
      // V8's baseline compiler makes kernels several times slower, and a short run never leaves it.
      setFlagsFromString('--no-liftoff');
      compiled = new WebAssembly.Module(readFileSync(builtUrl(new URL('./train.wasm', import.meta.url))));
    }
    const pages = Math.ceil((nFloats * 4 + nArrays * 64) / 65536) + 2;
    if (pages > maxPages) {
      const gigabytes = (nFloats * 4) / 2 ** 30;
      throw new ResourceError(
        'training',
        `${gigabytes.toFixed(1)} GB a thread`,
        '4 GB',
        'give more threads or select fewer voxels',
      );
    }
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const env = { memory, abort: () => {} };
    this.kernels = new WebAssembly.Instance(compiled, { env }).exports as unknown as TrainKernels;
    this.buffer = memory.buffer;
    this.#next = this.kernels.heapBase();
  }

  /** A zeroed array of the arena; its `byteOffset` is the pointer the kernels take. */
  take(length: number): Float32Array {
    const array = new Float32Array(this.buffer, this.#next, length);
    this.#next = (this.#next + length * 4 + 63) & ~63;
    if (this.#next < 0) this.#next += 2 ** 32;
    return array;
  }
}

/** Adam on one array of an arena and its moments, by the gradient of a 0-based step (as torch.optim.Adam). */
export function adamStep(
  kernels: TrainKernels,
  rule: TrainingRule,
  step: number,
  arrays: { value: Float32Array; first: Float32Array; second: Float32Array; gradient: Float32Array },
  length: number,
): void {
  const { beta1, beta2, epsilon, learningRate } = rule;
  kernels.adam(
    arrays.value.byteOffset,
    arrays.first.byteOffset,
    arrays.second.byteOffset,
    arrays.gradient.byteOffset,
    length,
    beta1,
    beta2,
    learningRate / (1 - beta1 ** (step + 1)),
    1 / Math.sqrt(1 - beta2 ** (step + 1)),
    epsilon,
    1 - beta1,
    1 - beta2,
  );
}

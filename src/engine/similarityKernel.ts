import { readFile } from 'node:fs/promises';
import { setFlagsFromString } from 'node:v8';
import { builtUrl } from './pool.js';

/** The exports of similarity.as.ts: functions, and pointers to its arrays as globals. */
interface Exports {
  configure(rows: number, columns: number, stride: number, maxEdges: number, productRows: number): void;
  codeRows(rows: number, levels: number, scale: number): void;
  offsetRows(rows: number, zero: number): void;
  transposeColumns(columns: number): void;
  gatherPicked(rows: number): void;
  multiply(codes: number, rows: number, columns: number): void;
  aim(rows: number, columns: number, diagonal: number, square: number, usual: number, most: number): void;
  scanBest(rows: number, columns: number, live: number, band: number, use: number): void;
  scanEdges(
    from: number,
    rows: number,
    columns: number,
    live: number,
    band: number,
    diagonal: number,
    maxEdges: number,
  ): number;
  [pointer: string]: unknown;
}

/** Compiles the kernels, once for all threads. */
export async function compileSimilarity(): Promise<WebAssembly.Module> {
  // V8's baseline compiler makes kernels several times slower, and a short run never leaves it.
  setFlagsFromString('--no-liftoff');
  return WebAssembly.compile(await readFile(builtUrl(new URL('./similarity.wasm', import.meta.url))));
}

/** The kernels of one tile, with views of their arrays. */
export class SimilarityKernel {
  readonly run: Exports;
  readonly #buffer: ArrayBuffer;

  constructor(
    module: WebAssembly.Module,
    readonly tileRows: number,
    readonly tileColumns: number,
    readonly stride: number,
    readonly maxEdges: number,
    readonly productRows: number,
  ) {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536 });
    const instance = new WebAssembly.Instance(module, { env: { memory, abort: fail } });
    this.run = instance.exports as unknown as Exports;
    this.run.configure(tileRows, tileColumns, stride, maxEdges, productRows);
    this.#buffer = memory.buffer;
  }

  at(pointer: string): number {
    return (this.run[pointer] as WebAssembly.Global).value as number;
  }
  int8 = (name: string, length: number) => new Int8Array(this.#buffer, this.at(name), length);
  uint8 = (name: string, length: number) => new Uint8Array(this.#buffer, this.at(name), length);
  int32 = (name: string, length: number) => new Int32Array(this.#buffer, this.at(name), length);
  float32 = (name: string, length: number) => new Float32Array(this.#buffer, this.at(name), length);
  float64 = (name: string, length: number) => new Float64Array(this.#buffer, this.at(name), length);
}

function fail(): never {
  throw new Error('similarity kernel aborted');
}

import type { Codes } from './codes.js';
import type { StoredRows } from './vectorPool.js';

/** What a pass over tiles looks for; see scanBest and scanEdges of similarity.as.ts. */
export type PassKind = 'both' | 'rows' | 'first' | 'edges';

/** Places in the `control` array, over which threads share out the tiles. */
export const control = { next: 0, done: 1, stop: 2, lock: 3 } as const;

/** One pass over tiles of pairs, as every thread sees it; all arrays are over shared memory. */
export interface SimilarityPass {
  readonly kind: PassKind;
  readonly control: Int32Array;
  /** Four numbers a tile: places in `rows` from, to, places in `columns` from, to. */
  readonly tiles: Int32Array;
  /** Pool rows in the order of the pass; zero vectors are left out. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  /** Error of most codes, greatest of any code, and greatest of any float32 cosine. */
  readonly usualError: number;
  readonly maxError: number;
  readonly band: number;
  /** both: n × nGroups; rows and first: one entry a place in `rows`. */
  readonly best: Float64Array;
  readonly bestId: Int32Array;
  readonly nGroups: number;
  /** edges: level and gap by place. */
  readonly level: Float64Array;
  readonly gap: Float64Array;
  readonly limit: number;
  /** edges: where it is given, edges are counted at their rows and not kept. */
  readonly counts?: Int32Array;
}

/** What a thread is told once. */
export interface SimilarityOpening {
  /** The kernels, compiled. */
  readonly module: WebAssembly.Module;
  readonly pool: StoredRows;
  readonly codes: Codes;
  readonly tileRows: number;
  readonly tileColumns: number;
  /** Rows of a tile whose products are made and looked at before the next. */
  readonly productRows: number;
  readonly product: 'onnx' | 'wasm';
}

export const maxTileEdges = 1 << 16;

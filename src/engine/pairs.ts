import type { WorkOptions } from '../util/progress.js';
import type { PairsToDecide } from './decidePairs.js';
import type { VectorPool } from './vectorPool.js';

/** n × nGroups: the largest cosine of each row to any row of each other group, and which row it is. */
export interface NearestRows {
  /** NaN where there is none: the own group, an empty one, zero vectors. */
  readonly similarity: Float64Array;
  /** Pool row, the smallest among equals; −1 where there is none. */
  readonly row: Int32Array;
}

/** Edges of a forest over pool rows. */
export interface Forest {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly weight: Float64Array;
}

/** Which of several columns above the limit a row is attached to. */
export type Attachment = 'nearest' | 'first';

/**
 * The three questions asked of all pairs of a pool. Every engine answers from the float64 {@link cosine}, so
 * all give the same values; nothing larger than n × nGroups is stored.
 */
export interface PairEngine {
  nearest(pool: VectorPool, options?: WorkOptions): Promise<NearestRows>;
  /**
   * A maximum spanning forest of the graph with an edge of weight min(level[i], level[j], cos(i, j)) wherever
   * that weight is above `limit`. Where weights tie, any of the equally heavy forests. Where all
   * levels are +∞ only the components at `limit` count, and the forest's weights may be any. Pairs known to be near,
   * with their cosines, may be given as seeds: they save time and change nothing.
   */
  forest(
    pool: VectorPool,
    level: Float64Array,
    limit: number,
    options?: WorkOptions & { seeds?: Forest },
  ): Promise<Forest>;
  /** How many other rows each row has with a cosine above `limit`, of any group. */
  count(pool: VectorPool, limit: number, options?: WorkOptions): Promise<Int32Array>;
  /**
   * For each of `rows`, the position in `columns` of the nearest (ties: the first) or of the first column whose
   * cosine is above `limit`; −1 where none is.
   */
  attach(
    pool: VectorPool,
    rows: Int32Array,
    columns: Int32Array,
    limit: number,
    which: Attachment,
    options?: WorkOptions,
  ): Promise<Int32Array>;
  /** Offers listed pairs to a table of nearest rows on the engine's threads; see {@link decidePairs}. */
  decide?(pairs: PairsToDecide): Promise<void>;
  /** Ends its threads, if it has any. */
  close(): Promise<void>;
}

/**
 * The largest float64 s with 1 − s ≥ eps as float64 computes it: `1 - s < eps` holds exactly where s > limit.
 */
export function similarityLimit(eps: number): number {
  let [low, high] = [-2, 2];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) return low;
    if (1 - middle < eps) high = middle;
    else low = middle;
  }
}

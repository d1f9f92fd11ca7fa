import type { NearestRows } from './pairs.js';
import { cosine, type StoredRows } from './vectorPool.js';

/** Pairs that may be nearest, and the table they are offered to; over shared memory where threads share them. */
export interface PairsToDecide {
  /** Row and column of each pair, one after the other. */
  readonly pairs: Uint32Array;
  readonly best: NearestRows;
}

/**
 * Offers pairs (i, j) to a table of nearest rows: the float64 {@link cosine} decides, and among equals the smallest j,
 * so that the order of the pairs does not matter. Of `parts` callers each takes the rows i with i mod parts = part.
 */
export function decidePairs(pool: StoredRows, { pairs, best }: PairsToDecide, part = 0, parts = 1): void {
  const { similarity, row } = best;
  const nGroups = pool.starts.length - 1;
  for (let e = 0; e < pairs.length; e += 2) {
    const i = pairs[e]!;
    if (i % parts !== part) continue;
    const j = pairs[e + 1]!;
    const at = i * nGroups + pool.group[j]!;
    const s = cosine(pool, i, j);
    if (row[at]! >= 0 && !(s > similarity[at]! || (s === similarity[at]! && j < row[at]!))) continue;
    similarity[at] = s;
    row[at] = j;
  }
}

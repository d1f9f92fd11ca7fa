import { throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import type { Attachment, Forest, NearestRows, PairEngine } from './pairs.js';
import { cosine } from './vectorPool.js';

/**
 * The definition, written down: every pair in float64, one after another, in one thread. About 0.4 µs a pair of
 * 512 dimensions; what other engines are tested against, and the way out where none of them runs.
 */
export const referencePairs: PairEngine = {
  async nearest(pool, options = {}): Promise<NearestRows> {
    const nGroups = pool.starts.length - 1;
    const similarity = new Float64Array(pool.n * nGroups).fill(Number.NaN);
    const row = new Int32Array(pool.n * nGroups).fill(-1);
    const offer = (i: number, j: number, s: number) => {
      const at = i * nGroups + pool.group[j]!;
      if (row[at]! < 0 || s > similarity[at]! || (s === similarity[at]! && j < row[at]!)) {
        similarity[at] = s;
        row[at] = j;
      }
    };
    for (let i = 0; i < pool.n; i++) {
      if (i % 64 === 0) await breathe('nearest voxels', i, pool.n, options);
      if (pool.squares[i] === 0) continue;
      for (let j = pool.starts[pool.group[i]! + 1]!; j < pool.n; j++) {
        if (pool.squares[j] === 0) continue;
        const s = cosine(pool, i, j);
        offer(i, j, s);
        offer(j, i, s);
      }
    }
    return { similarity, row };
  },

  /** Prim's algorithm, dense: each pair is looked at once. */
  async forest(pool, level, limit, options = {}): Promise<Forest> {
    const edges: [number, number, number][] = [];
    const waiting = Int32Array.from({ length: pool.n }, (_, i) => i).filter(
      (i) => pool.squares[i]! > 0 && level[i]! > limit,
    );
    const best = new Float64Array(pool.n).fill(limit);
    const parent = new Int32Array(pool.n).fill(-1);
    const total = waiting.length;
    for (let left = total; left > 0; ) {
      if (left % 64 === 0) await breathe('spanning forest', total - left, total, options);
      let at = 0;
      for (let k = 1; k < left; k++) if (best[waiting[k]!]! > best[waiting[at]!]!) at = k;
      const i = waiting[at]!;
      waiting[at] = waiting[--left]!;
      if (parent[i]! >= 0) edges.push([parent[i]!, i, best[i]!]);
      for (let k = 0; k < left; k++) {
        const j = waiting[k]!;
        const weight = Math.min(level[i]!, level[j]!, cosine(pool, i, j));
        if (weight > best[j]!) {
          best[j] = weight;
          parent[j] = i;
        }
      }
    }
    return {
      from: Int32Array.from(edges, ([from]) => from),
      to: Int32Array.from(edges, ([, to]) => to),
      weight: Float64Array.from(edges, ([, , weight]) => weight),
    };
  },

  async count(pool, limit, options = {}): Promise<Int32Array> {
    const counts = new Int32Array(pool.n);
    for (let i = 0; i < pool.n; i++) {
      if (i % 64 === 0) await breathe('counting neighbours', i, pool.n, options);
      for (let j = i + 1; j < pool.n; j++) {
        if (!(cosine(pool, i, j) > limit)) continue;
        counts[i]!++;
        counts[j]!++;
      }
    }
    return counts;
  },

  async attach(pool, rows, columns, limit, which: Attachment, options = {}): Promise<Int32Array> {
    const attached = new Int32Array(rows.length).fill(-1);
    for (let r = 0; r < rows.length; r++) {
      if (r % 64 === 0) await breathe('attaching voxels', r, rows.length, options);
      if (pool.squares[rows[r]!] === 0) continue;
      let best = limit;
      for (let c = 0; c < columns.length; c++) {
        const s = cosine(pool, rows[r]!, columns[c]!);
        if (!(s > best)) continue;
        attached[r] = c;
        if (which === 'first') break;
        best = s;
      }
    }
    return attached;
  },

  async close() {},
};

async function breathe(label: string, done: number, total: number, options: WorkOptions): Promise<void> {
  throwIfAborted(options.signal, label);
  options.onProgress?.({ label, done, total });
  await nextTurn();
}

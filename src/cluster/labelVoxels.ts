import type { Forest, PairEngine } from '../engine/pairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import { UnionFind } from '../util/unionFind.js';
import type { Border, PairOptions } from './types.js';

/** Smallest core point (pool row) of each row's cluster, −1 for noise. */
export async function labelVoxels(
  pool: VectorPool,
  core: Uint8Array,
  limit: number,
  border: Border,
  engine: PairEngine,
  options: PairOptions & { seeds?: Forest },
): Promise<Int32Array> {
  const level = Float64Array.from(core, (is) => (is ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY));
  const forest = await engine.forest(pool, level, limit, options);
  const sets = new UnionFind(pool.n);
  forest.from.forEach((from, edge) => {
    sets.union(from, forest.to[edge]!);
  });
  const label = Int32Array.from(core, (is, i) => (is ? sets.find(i) : -1));
  const isCore = (i: number) => core[i] === 1;
  const everyRow = Int32Array.from(label.keys());
  const others = everyRow.filter((i) => !isCore(i));
  // Positions among the core points break ties: in cluster order for the nearest, last cluster first for `last`.
  const order = border === 'last' ? -1 : 1;
  const columns = everyRow.filter(isCore).sort((i, j) => order * (label[i]! - label[j]!) || i - j);
  const which = border === 'last' ? 'first' : 'nearest';
  const attached = await engine.attach(pool, others, columns, limit, which, options);
  for (let r = 0; r < others.length; r++) {
    if (attached[r]! >= 0) label[others[r]!] = label[columns[attached[r]!]!]!;
  }
  return label;
}

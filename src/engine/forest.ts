import { UnionFind } from '../util/unionFind.js';
import type { Forest } from './pairs.js';

/** A maximum spanning forest of the given edges over rows 0 … n−1, heaviest edge first (Kruskal). */
export function maximumForest(n: number, edges: Forest): Forest {
  const order = heaviestFirst(edges.weight);
  const sets = new UnionFind(n);
  let kept = 0;
  for (let k = 0; k < order.length; k++) {
    const edge = order[k]!;
    if (sets.union(edges.from[edge]!, edges.to[edge]!)) order[kept++] = edge;
  }
  const whole = { from: new Int32Array(kept), to: new Int32Array(kept), weight: new Float64Array(kept) };
  for (let k = 0; k < kept; k++) {
    const edge = order[k]!;
    whole.from[k] = edges.from[edge]!;
    whole.to[k] = edges.to[edge]!;
    whole.weight[k] = edges.weight[edge]!;
  }
  return whole;
}

export function joinForests(parts: readonly Forest[]): Forest {
  const n = parts.reduce((sum, part) => sum + part.weight.length, 0);
  const whole = { from: new Int32Array(n), to: new Int32Array(n), weight: new Float64Array(n) };
  let at = 0;
  for (const part of parts) {
    whole.from.set(part.from, at);
    whole.to.set(part.to, at);
    whole.weight.set(part.weight, at);
    at += part.weight.length;
  }
  return whole;
}

/** Indices of the weights in descending order, equal ones in the order given. */
function heaviestFirst(weight: Float64Array): Uint32Array {
  const n = weight.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  if (n < 4096) return order.sort((a, b) => weight[b]! - weight[a]! || a - b);
  // Radix sort, sixteen bits at a time, of the weights' bits made to ascend as the weights descend (−0 as 0).
  const unsigned = new Float64Array(n);
  for (let i = 0; i < n; i++) unsigned[i] = weight[i]! + 0;
  const bits = new Uint32Array(unsigned.buffer);
  for (let at = 0; at < bits.length; at += 2) {
    const flip = bits[at + 1]! >>> 31 ? 0 : 0xffffffff;
    bits[at]! ^= flip;
    bits[at + 1]! ^= flip & 0x7fffffff;
  }
  let sorted = new Uint32Array(n);
  const starts = new Uint32Array(1 << 16);
  for (let half = 0; half < 4; half++) {
    sortByHalf(bits, half >> 1, (half & 1) << 4, order, sorted, starts);
    [order, sorted] = [sorted, order];
  }
  return order;
}

/** Sorts by sixteen bits of one of two words an element, keeping the order where they are equal. */
function sortByHalf(
  bits: Uint32Array,
  word: number,
  shift: number,
  order: Uint32Array,
  sorted: Uint32Array,
  starts: Uint32Array,
): void {
  starts.fill(0);
  for (let at = word; at < bits.length; at += 2) starts[(bits[at]! >>> shift) & 0xffff]!++;
  let total = 0;
  for (let d = 0; d < starts.length; d++) {
    const count = starts[d]!;
    starts[d] = total;
    total += count;
  }
  for (let k = 0; k < order.length; k++) {
    const i = order[k]!;
    sorted[starts[(bits[2 * i + word]! >>> shift) & 0xffff]!++] = i;
  }
}

/** Rows in an order in which every component at every threshold is one run. */
export interface LeafOrder {
  readonly rows: Int32Array;
  /** gap[k]: weight at which rows k and k + 1 of the order are joined; −Infinity if never. */
  readonly gap: Float64Array;
}

/**
 * Orders rows as the leaves of the dendrogram of a maximum forest (heaviest edge first). The weight at which any two
 * rows are joined, the smallest edge on the path between them, is then the smallest gap between their places.
 */
export function leafOrder(n: number, members: Int32Array, forest: Forest): LeafOrder {
  const next = new Int32Array(n).fill(-1);
  const tail = Int32Array.from({ length: n }, (_, i) => i);
  const after = new Float64Array(n).fill(Number.NEGATIVE_INFINITY);
  const sets = new UnionFind(n);
  const head = Int32Array.from(tail);
  for (let edge = 0; edge < forest.weight.length; edge++) {
    const [a, b] = [sets.find(forest.from[edge]!), sets.find(forest.to[edge]!)];
    sets.union(a, b);
    const root = sets.find(a);
    next[tail[a]!] = head[b]!;
    after[tail[a]!] = forest.weight[edge]!;
    const [first, last] = [head[a]!, tail[b]!];
    head[root] = first;
    tail[root] = last;
  }
  const rows = new Int32Array(members.length);
  const gap = new Float64Array(Math.max(0, members.length)).fill(Number.NEGATIVE_INFINITY);
  let at = 0;
  for (const member of members) {
    if (sets.find(member) !== member) continue;
    for (let row = head[member]!; row >= 0; row = next[row]!) {
      rows[at] = row;
      gap[at++] = after[row]!;
    }
  }
  return { rows, gap };
}

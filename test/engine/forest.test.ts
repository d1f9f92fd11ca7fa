import { describe, expect, it } from 'vitest';
import { maximumForest } from '../../src/engine/forest.js';
import { randomStream } from '../../src/util/random.js';
import { UnionFind } from '../../src/util/unionFind.js';

describe('maximumForest', () => {
  it('takes edges heaviest first, equal ones in the order given, of either sign, few and many', () => {
    for (const nEdges of [50, 20000]) {
      const stream = randomStream(nEdges, 'edges');
      const n = 300;
      const from = Int32Array.from({ length: nEdges }, () => stream.integer(n));
      const to = Int32Array.from({ length: nEdges }, () => stream.integer(n));
      const special = [0, -0, Number.POSITIVE_INFINITY, -1e-300, 1e-300, -1, 1];
      const weight = Float64Array.from({ length: nEdges }, (_, e) =>
        e % 5 === 0 ? special[stream.integer(special.length)]! : stream.normal(),
      );
      const order = [...weight.keys()].sort((a, b) =>
        weight[a] === weight[b] ? a - b : weight[b]! > weight[a]! ? 1 : -1,
      );
      const sets = new UnionFind(n);
      const kept = order.filter((e) => sets.union(from[e]!, to[e]!));
      const forest = maximumForest(n, { from, to, weight });
      expect([...forest.from]).toEqual(kept.map((e) => from[e]));
      expect([...forest.to]).toEqual(kept.map((e) => to[e]));
      expect(Array.from(forest.weight, (w) => w + 0)).toEqual(kept.map((e) => weight[e]! + 0));
    }
  });
});

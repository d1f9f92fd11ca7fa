import { totalmem } from 'node:os';
import { FastPairs } from '../engine/fastPairs.js';
import type { PairEngine } from '../engine/pairs.js';
import { defaultThreads } from '../engine/pool.js';
import { referencePairs } from '../engine/referencePairs.js';
import type { VectorPool } from '../engine/vectorPool.js';
import { isSharedConceptsError, ResourceError } from '../util/errors.js';
import { checkChoice } from './checks.js';
import type { PairOptions } from './types.js';

/** Below this many multiplications the reference is done before threads would have started. */
const worthThreads = 3e8;
const threadBytes = 60e6;

/**
 * Bytes that work over all pairs of voxels needs beside the vectors given: a shared copy of them (float32), their
 * codes (int8), a best cosine and voxel a participant, and each thread's tiles.
 */
export function pairMemory(nVoxels: number, nDims: number, nParticipants: number, threads: number): number {
  return nVoxels * (5 * Math.ceil(nDims / 16) * 16 + 36 * nParticipants + 120) + threads * threadBytes;
}

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
  const { threads = defaultThreads(), memoryBytes = 0.8 * totalmem(), onProgress } = options;
  const engine = options.engine ?? process.env['SDC_ENGINE'] ?? 'auto';
  checkChoice('engine', engine, ['auto', 'cpu', 'wasm', 'webgpu', 'reference']);
  const needed = pairMemory(pool.n, pool.nDims, pool.starts.length - 1, threads);
  if (needed > memoryBytes) {
    const fix = 'select fewer voxels (a higher noise ceiling), use fewer threads, or raise memoryBytes';
    throw new ResourceError(`clustering ${pool.n} voxels`, gigabytes(needed), gigabytes(memoryBytes), fix);
  }
  const isSmall = pool.n * pool.n * pool.nDims < worthThreads;
  if (engine === 'reference' || (engine === 'auto' && isSmall)) return referencePairs;
  onProgress?.({ label: 'clustering', done: 0, detail: `${pool.n} voxels, about ${gigabytes(needed)}` });
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

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

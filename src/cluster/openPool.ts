import { totalmem } from 'node:os';
import { defaultThreads } from '../engine/pool.js';
import { poolVectors, type VectorPool } from '../engine/vectorPool.js';
import type { Matrix } from '../util/array.js';
import { ResourceError } from '../util/errors.js';
import type { PairOptions } from './types.js';

/** Libraries that are loaded once, and what each thread holds: its part of them, its tiles, garbage not yet collected. */
const [libraryBytes, threadBytes] = [30e6, 40e6];

/**
 * Bytes that work over all pairs of voxels needs beside the vectors given, as measured: a shared copy of those that are
 * not shared already (float32), codes of all (int8), for each participant a best cosine and voxel, both as edges, and
 * these sorted; and the threads.
 */
function pairMemory(vectors: readonly Matrix[], nDims: number, threads: number): number {
  const stride = Math.ceil(nDims / 16) * 16;
  const voxels = vectors.reduce((sum, { data, shape }) => {
    const isCopied = stride !== nDims || !(data.buffer instanceof SharedArrayBuffer);
    return sum + shape[0] * (stride + (isCopied ? 4 * stride : 0) + 48 * vectors.length + 56);
  }, 0);
  return voxels + libraryBytes + threads * threadBytes;
}

/** What the work is about to need, in words: `9254 voxels of 512 dimensions: about 0.15 GB`. */
export function describeMemory(vectors: readonly Matrix[], threads: number): string {
  const { nVoxels, nDims, needed } = needs(vectors, threads);
  return `${nVoxels} voxels of ${nDims} dimensions: about ${gigabytes(needed)}`;
}

function needs(vectors: readonly Matrix[], threads: number) {
  const nVoxels = vectors.reduce((sum, own) => sum + own.shape[0], 0);
  const nDims = Math.max(0, ...vectors.map((own) => own.shape[1]));
  return { nVoxels, nDims, needed: pairMemory(vectors, nDims, threads) };
}

/**
 * Says what memory the work over all pairs will need, refuses it where that is more than `memoryBytes`, and only then
 * makes a pool of the vectors. Those over a SharedArrayBuffer, as {@link readVectors} gives them, are not copied where
 * nDims is a multiple of 16; others are.
 *
 * @throws ResourceError, with what to do about it; InputError as poolVectors
 */
export function openPool(vectors: readonly Matrix[], options: PairOptions): VectorPool {
  const { threads = defaultThreads(), memoryBytes = 0.8 * totalmem() } = options;
  const { nVoxels, needed } = needs(vectors, threads);
  options.onProgress?.({ label: 'clustering', done: 0, detail: describeMemory(vectors, threads) });
  if (needed > memoryBytes) {
    const fix = 'select fewer voxels (a higher noise ceiling), use fewer threads, or raise memoryBytes';
    throw new ResourceError(`clustering ${nVoxels} voxels`, gigabytes(needed), gigabytes(memoryBytes), fix);
  }
  return poolVectors(vectors);
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

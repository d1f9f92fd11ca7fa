import { TrainArena } from '../engine/kernels.js';
import { emptyState, type TrainingState } from '../engine/training.js';
import type { RandomStream } from '../util/random.js';

/**
 * The start of a training, distributed as torch.nn.Linear: weights and bias uniform in ±1/√nVoxels, the weights
 * times `initScale`; moments zero. Weight (v, d) is number v · nDims + d of the stream's counter, so that it does
 * not depend on how the voxels are cut.
 */
export function initialState(
  nVoxels: number,
  nDims: number,
  initScale: number,
  stream: RandomStream,
): TrainingState {
  const state = emptyState(nVoxels, nDims);
  const bound = 1 / Math.sqrt(nVoxels);
  fillUniform(state.weight, bound * initScale, stream.child('weight').key);
  fillUniform(state.bias, bound, stream.child('bias').key);
  return state;
}

function fillUniform(out: Float32Array, bound: number, [k0, k1]: RandomStream['key']): void {
  const block = Math.min(1 << 16, Math.ceil(out.length / 16) * 16);
  const arena = new TrainArena(block, 1);
  const numbers = arena.take(block);
  for (let start = 0; start < out.length; start += block) {
    arena.kernels.uniform(numbers.byteOffset, block, BigInt(start), bound, k0, k1);
    out.set(numbers.subarray(0, Math.min(block, out.length - start)), start);
  }
}

import { InputError, ResourceError } from '../../util/errors.js';
import type { TrainingProblem } from '../training.js';
import { type GpuLayout, gpuLayout, type Tiles } from './gpuLayout.js';
import { acquireTable } from './gpuTable.js';
import type { GpuDevice } from './gpuTypes.js';
import { openDevice } from './openGpu.js';
import { needsOf } from './stepKernels.js';
import { WebgpuTraining } from './webgpuTraining.js';

export interface WebgpuOptions {
  /** How the large products are cut. */
  tiles?: Tiles;
  /** Bytes of a buffer of betas, at most; the device's own limit by default. 0 sends each step its batch. */
  largestBuffer?: number;
}

/**
 * The training step in WGSL kernels of our own, six dispatches a step: gather with noise, partial predictions, their
 * sum and length, scores with their softmax, ∂loss/∂p, and the gradient's product with Adam in it (the gradient is
 * never stored). Weights, moments, betas and targets stay on the device; a step needs its row numbers only, and up to
 * 64 steps are queued before their losses are fetched, two numbers each. Where the betas do not fit, each step sends
 * its batch.
 *
 * Every sum has one order, from the sizes alone: the same device and driver give the same bytes each time.
 */
export async function openWebgpuTraining(
  problem: TrainingProblem,
  options: WebgpuOptions = {},
): Promise<WebgpuTraining> {
  const device = await openDevice();
  const layout = gpuLayout(problem, options.tiles);
  checkLimits(device, layout);
  const resident = problem.addNoise ? undefined : await acquireTable(device, problem, options.largestBuffer);
  const training = new WebgpuTraining(device, problem, layout, resident);
  try {
    await training.open();
    return training;
  } catch (error) {
    await training.close();
    throw error;
  }
}

function checkLimits({ limits }: GpuDevice, layout: GpuLayout): void {
  const { voxelStride, dimStride, batchSize } = layout;
  const needs = needsOf(layout);
  if (needs.bytes > limits.maxComputeWorkgroupStorageSize) {
    const most = limits.maxComputeWorkgroupStorageSize / 4 - 1024;
    throw new InputError('batchSize', batchSize, `at most ${most} on engine webgpu`, 'use another engine');
  }
  const weights = voxelStride * dimStride * 4;
  const room = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  if (weights > room) {
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB`;
    const fix = 'select fewer voxels or use another engine';
    throw new ResourceError('engine webgpu', `${megabytes(weights)} a buffer`, megabytes(room), fix);
  }
}

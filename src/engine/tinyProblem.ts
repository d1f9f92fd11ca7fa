import { randomStream } from '../util/random.js';
import { emptyState, type TrainingProblem } from './training.js';

/** A small training on which engines are tried: large enough for worker threads, done in a blink. */
export function tinyProblem(): TrainingProblem {
  const [nVoxels, nDims, batchSize] = [512, 64, 128];
  const numbers = (name: string, length: number) =>
    randomStream(0, 'tiny problem', name).normals(new Float32Array(length));
  const start = emptyState(nVoxels, nDims);
  start.weight.set(numbers('weight', nVoxels * nDims).map((value) => value / Math.sqrt(nVoxels)));
  return {
    ...{ nVoxels, nDims, batchSize, start },
    rule: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature: 0.03, noiseSd: 1 },
    noiseKey: randomStream(0, 'tiny problem', 'noise').key,
    readBetas: (step, out) => out.set(numbers(`betas ${step}`, out.length)),
    readTargets: (step, out) => {
      out.set(numbers(`targets ${step}`, out.length));
      for (let row = 0; row < batchSize; row++) {
        const y = out.subarray(row * nDims, (row + 1) * nDims);
        const norm = Math.sqrt(y.reduce((sum, value) => sum + value * value, 0));
        for (let d = 0; d < nDims; d++) y[d]! /= norm;
      }
    },
  };
}

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { emptyState, type TrainingProblem } from '../../src/engine/training.js';

export interface GoldenTraining {
  nVoxels: number;
  nDims: number;
  batchSize: number;
  noiseSd: number;
  losses: number[];
  similarities: number[];
  rows: number[];
  weightGradient: string;
  largestGradient: number;
  biasGradient: string;
  finalWeight: string;
  finalBias: string;
}

const path = join(import.meta.dirname, '../golden/training.json');
export const goldenTrainings = JSON.parse(readFileSync(path, 'utf8')).cases as Record<string, GoldenTraining>;

export const decode = (base64: string) =>
  new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);

/** The numbers of `hashed` in test/golden/training.py. */
export function hashed(length: number, salt: number, scale = 1): Float32Array {
  return new Float32Array(length).map((_, i) => {
    let h = Math.imul((i + salt * 1000003) >>> 0, 2654435761) >>> 0;
    h = Math.imul(h ^ (h >>> 15), 2246822519) >>> 0;
    h = (h ^ (h >>> 13)) >>> 0;
    return Math.fround((h >>> 8) / 2 ** 24 - 0.5) * scale;
  });
}

/** The training that a golden case describes. */
export function goldenProblem({ nVoxels, nDims, batchSize, noiseSd }: GoldenTraining): TrainingProblem {
  const scale = Math.fround(2 / Math.sqrt(nVoxels));
  return {
    nVoxels,
    nDims,
    batchSize,
    rule: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature: 0.03, noiseSd },
    start: {
      ...emptyState(nVoxels, nDims),
      weight: hashed(nVoxels * nDims, 1, scale),
      bias: hashed(nDims, 2, scale),
    },
    noiseKey: [0, 0],
    readBetas: (step, out) => out.set(hashed(out.length, 100 + step, 3)),
    addNoise: (step, betas) => {
      const noise = hashed(betas.length, 200 + step, 3);
      for (let i = 0; i < betas.length; i++) betas[i]! += noiseSd * noise[i]!;
    },
    readTargets: (step, out) => {
      out.set(hashed(out.length, 300 + step));
      for (let row = 0; row < batchSize; row++) {
        const y = out.subarray(row * nDims, (row + 1) * nDims);
        const norm = Math.sqrt(y.reduce((sum, value) => sum + value * value, 0));
        for (let d = 0; d < nDims; d++) y[d]! /= norm;
      }
    },
  };
}

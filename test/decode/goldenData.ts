import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrix } from '../../src/util/array.js';
import { hashed } from '../engine/goldenProblem.js';

interface Sizes {
  nTrials: number;
  nVoxels: number;
  nStimuli: number;
  nDims: number;
}

interface Golden {
  ridge: Record<string, Sizes & { fits: { alpha: number; weight: string; bias: string }[]; gcv: number[] }>;
  vectors: Sizes & { step: number; patterns: string; full: string; tuning: string };
  retrieval: {
    nQueries: number;
    nStimuli: number;
    nDims: number;
    ranks: number[];
    accuracy: Record<string, number>;
    median: number;
    twoVersusTwo: number;
  };
}

const path = join(import.meta.dirname, '../golden/decode.json');
export const goldenDecode = JSON.parse(readFileSync(path, 'utf8')) as Golden;

/** `data` of test/golden/decode.py. */
export function goldenData({ nTrials, nVoxels, nStimuli, nDims }: Sizes) {
  const betas = hashed(nTrials * nVoxels, 11).map((value) => Math.fround(value * 3) + 0.5);
  return {
    betas: matrix(nTrials, nVoxels, betas),
    embeddings: matrix(nStimuli, nDims, hashed(nStimuli * nDims, 12, 2)),
    stimulus: Int32Array.from({ length: nTrials }, (_, trial) => (trial * 7) % nStimuli),
  };
}

export const largest = (a: ArrayLike<number>) =>
  Array.from(a).reduce((most, value) => Math.max(most, Math.abs(value)), 0);

export const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  a.length === b.length ? largest(Array.from(a, (value, i) => value - b[i]!)) : Infinity;

import { describe, expect, it } from 'vitest';
import { fitDecoder, voxelVectors } from '../../src/decode/index.js';
import { matrix, rowSource } from '../../src/util/array.js';
import { decode, hashed } from '../engine/goldenProblem.js';
import { goldenData, goldenDecode, largest, largestDifference } from './goldenData.js';
import { planted } from './planted.js';

const golden = goldenDecode.vectors;
const data = goldenData(golden);
const rows = [...data.stimulus.keys()].filter((row) => row % golden.step === 0);
const decoder = {
  weight: matrix(golden.nVoxels, golden.nDims, hashed(golden.nVoxels * golden.nDims, 13)),
  bias: hashed(golden.nDims, 14),
};

describe('voxelVectors', () => {
  for (const engine of ['cpu', 'wasm']) {
    it(`patterns are Cov(x, x W + b) over the given rows: ${engine}`, async () => {
      const vectors = await voxelVectors('patterns', { ...data, rows }, decoder, { engine });
      const expected = decode(golden.patterns);
      expect(vectors.shape).toEqual([golden.nVoxels, golden.nDims]);
      expect(largestDifference(vectors.data, expected)).toBeLessThan(1e-5 * largest(expected));
    });

    it(`tuning is Cov(x, y): ${engine}`, async () => {
      const vectors = await voxelVectors('tuning', { ...data, rows }, undefined, { engine });
      const expected = decode(golden.tuning);
      expect(largestDifference(vectors.data, expected)).toBeLessThan(1e-5 * largest(expected));
    });
  }

  it("full patterns carry the inverse of the predictions' covariance", async () => {
    const vectors = await voxelVectors('patterns', { ...data, rows }, decoder, { fullPatterns: true });
    const expected = decode(golden.full);
    expect(largestDifference(vectors.data, expected)).toBeLessThan(1e-4 * largest(expected));
  });

  it('weights are the decoder as it is, in a copy', async () => {
    const vectors = await voxelVectors('weights', data, decoder);
    expect(vectors).toEqual(decoder.weight);
    expect(vectors.data).not.toBe(decoder.weight.data);
  });

  it('are the same from betas read in rows', async () => {
    const read = { ...data, rows, betas: rowSource(data.betas) };
    expect(await voxelVectors('patterns', read, decoder)).toEqual(
      await voxelVectors('patterns', { ...data, rows }, decoder),
    );
  });

  it('do not change when the betas are shifted', async () => {
    const shifted = { ...data.betas, data: data.betas.data.map((value) => value + 100) };
    const far = await voxelVectors('tuning', { ...data, rows, betas: shifted });
    const expected = decode(golden.tuning);
    expect(largestDifference(far.data, expected)).toBeLessThan(1e-3 * largest(expected));
  });

  it('patterns of a fitted decoder point where planted voxels are tuned', async () => {
    const study = planted({ nStimuli: 300 });
    const fit = await fitDecoder(study, { steps: 200, batchSize: 64, learningRate: 1e-2, seed: 3 });
    const vectors = await voxelVectors('patterns', study, fit);
    const nDims = 12;
    for (let v = 0; v < 60; v++) {
      const [a, b] = [vectors, study.tuning].map((m) => m.data.subarray(v * nDims, (v + 1) * nDims));
      const dot = a!.reduce((sum, value, d) => sum + value * b![d]!, 0);
      expect(dot / (Math.hypot(...a!) * Math.hypot(...b!))).toBeGreaterThan(0.8);
    }
  });

  it('refuses a missing or misfitting decoder, one row, and NaN', async () => {
    await expect(voxelVectors('patterns', data)).rejects.toThrow(/decoder is undefined; must be given/);
    const small = { weight: matrix(2, 2), bias: new Float32Array(2) };
    await expect(voxelVectors('weights', data, small)).rejects.toThrow(/decoder weight shape is \[2,2\]/);
    await expect(voxelVectors('tuning', { ...data, rows: [3] })).rejects.toThrow(/number of rows is 1/);
    const broken = { ...data.betas, data: data.betas.data.slice() };
    broken.data[7] = Number.NaN;
    await expect(voxelVectors('tuning', { ...data, betas: broken })).rejects.toThrow(/betas\[0, 7\] is NaN/);
  });
});

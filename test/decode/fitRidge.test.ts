import { describe, expect, it } from 'vitest';
import { fitRidge } from '../../src/decode/index.js';
import { factorRidge } from '../../src/decode/ridgeBlocks.js';
import { openMultiply } from '../../src/engine/multiply.js';
import { rowOf, takeRows } from '../../src/util/array.js';
import { decode } from '../engine/goldenProblem.js';
import { goldenData, goldenDecode, largest, largestDifference } from './goldenData.js';
import { planted } from './planted.js';

describe('fitRidge', () => {
  for (const [name, golden] of Object.entries(goldenDecode.ridge)) {
    for (const fit of golden.fits) {
      it(`equals scikit-learn's Ridge to 1e-5: ${name}, alpha ${fit.alpha}`, async () => {
        const { weight, bias, chosenBy } = await fitRidge(goldenData(golden), { alphas: [fit.alpha] });
        expect(chosenBy).toBe('given');
        const expected = decode(fit.weight);
        expect(largestDifference(weight.data, expected)).toBeLessThan(1e-5 * largest(expected));
        expect(largestDifference(bias, decode(fit.bias))).toBeLessThan(1e-5 * largest(decode(fit.bias)));
      });
    }

    it(`has the generalised cross-validation errors of the hat matrix: ${name}`, async () => {
      const alphas = golden.fits.map(({ alpha }) => alpha);
      const { path, alpha } = await fitRidge(goldenData(golden), { alphas, chooseBy: 'gcv' });
      for (const [i, { score }] of path.entries()) expect(score / golden.gcv[i]!).toBeCloseTo(1, 6);
      expect(alpha).toBe(alphas[golden.gcv.indexOf(Math.min(...golden.gcv))]);
    });
  }

  for (const kernel of [false, true]) {
    it(`solves the normal equations where it factors instead${kernel ? ', in the kernel form' : ''}`, async () => {
      const [nTrials, nVoxels, nDims] = kernel ? [530, 700, 6] : [700, 530, 6];
      const data = goldenData({ nTrials, nVoxels, nStimuli: 90, nDims });
      const rows = Int32Array.from({ length: nTrials }, (_, row) => row);
      const y = takeRows(data.embeddings, data.stimulus);
      const solver = await factorRidge(data, rows, y, await openMultiply('onnx'));
      for (const alpha of [10, 1000]) {
        const { weight, bias } = await solver.solve(alpha);
        // Xᵀ(Y − XW − b) = αW and 1ᵀ(Y − XW − b) = 0, in float64
        const pull = new Float64Array(nVoxels * nDims);
        const sums = new Float64Array(nDims);
        for (let t = 0; t < nTrials; t++) {
          const x = rowOf(data.betas, t);
          const residual = Float64Array.from(rowOf(y, t), (value, d) => value - bias[d]!);
          for (let v = 0; v < nVoxels; v++) {
            for (let d = 0; d < nDims; d++) residual[d]! -= x[v]! * weight.data[v * nDims + d]!;
          }
          for (let d = 0; d < nDims; d++) sums[d]! += residual[d]!;
          for (let v = 0; v < nVoxels; v++) {
            for (let d = 0; d < nDims; d++) pull[v * nDims + d]! += x[v]! * residual[d]!;
          }
        }
        const expected = weight.data.map((value) => alpha * value);
        expect(largestDifference(pull, expected)).toBeLessThan(1e-3 * largest(expected));
        expect(largest(sums) / nTrials).toBeLessThan(1e-5);
      }
    });
  }

  it('chooses alpha by top-1 on the validation rows alone, and warns at the edge of the grid', async () => {
    const data = planted({ noise: 3 });
    const validationRows = [...data.stimulus.keys()].filter((row) => data.stimulus[row]! >= 90);
    const rows = [...data.stimulus.keys()].filter((row) => data.stimulus[row]! < 90);
    const fit = await fitRidge({ ...data, rows }, { validationRows });
    expect(fit.chosenBy).toBe('top1');
    const best = Math.max(...fit.path.map(({ score }) => score));
    expect(fit.path.findLast(({ score }) => score === best)!.alpha).toBe(fit.alpha);
    const edge = await fitRidge({ ...data, rows }, { validationRows, alphas: [1e8, 1e9] });
    expect(edge.warnings[0]).toMatch(/the best alpha, 1000000000, is at the edge of the grid; try larger/);
  });

  it('leaves its input as it was', async () => {
    const data = planted();
    const before = structuredClone(data);
    await fitRidge(data, { alphas: [1] });
    expect(data).toEqual(before);
  });

  it('refuses an alpha of 0, top-1 without validation trials, and a beta that is NaN', async () => {
    const data = planted();
    await expect(fitRidge(data, { alphas: [0] })).rejects.toThrow(
      /alpha is 0; must be a finite number above 0/,
    );
    await expect(fitRidge(data, { chooseBy: 'top1' })).rejects.toThrow(/chooseBy is "top1"/);
    data.betas.data[60] = Number.NaN;
    await expect(fitRidge(data)).rejects.toThrow(/betas\[1, 0\] is NaN/);
  });
});

import { expect, it } from 'vitest';
import { trainingProblem } from '../../src/decode/fitDecoder.js';
import { checkedOptions } from '../../src/decode/options.js';
import { rowSource } from '../../src/util/array.js';
import { planted } from './planted.js';

it('the table that a GPU keeps holds the batches that other engines read', async () => {
  const data = planted();
  const rows = Int32Array.from(data.stimulus.keys()).filter((trial) => trial % 3 !== 0);
  const options = checkedOptions({ batchSize: 16, seed: 3 }, rows.length);
  const sources = [data.betas, rowSource(data.betas)];
  for (const betas of sources) {
    const problem = trainingProblem({ ...data, betas }, rows, 'digest', options);
    const { nVoxels, nDims, batchSize } = problem;
    const table = problem.table!;
    expect(table.nRows).toBe(rows.length);
    const whole = new Float32Array(table.nRows * nVoxels);
    await table.readBetas(0, whole.subarray(0, 5 * nVoxels));
    await table.readBetas(5, whole.subarray(5 * nVoxels));
    for (const step of [0, 7, 100]) {
      const places = new Uint32Array(batchSize);
      table.rows(step, places);
      const betasOfStep = new Float32Array(batchSize * nVoxels);
      const targets = new Float32Array(batchSize * nDims);
      await problem.readBetas(step, betasOfStep);
      problem.readTargets(step, targets);
      for (const [i, place] of places.entries()) {
        const own = (array: Float32Array, row: number, width: number) =>
          array.subarray(row * width, (row + 1) * width);
        expect(own(whole, place, nVoxels)).toEqual(own(betasOfStep, i, nVoxels));
        expect(own(table.targets, place, nDims)).toEqual(own(targets, i, nDims));
      }
    }
  }
});

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openTraining } from '../../src/engine/engines.js';
import { emptyState, type Training, type TrainingProblem } from '../../src/engine/training.js';
import { tryEngine } from '../../src/engine/tryEngine.js';
import { openWebgpuTraining } from '../../src/engine/webgpu/openWebgpuTraining.js';
import { randomStream } from '../../src/util/random.js';
import { useSwiftShader } from './useSwiftShader.js';

useSwiftShader();

const [nVoxels, nDims, batchSize, nRows, steps] = [150, 20, 23, 61, 9];

/** A training whose batches are rows of a table, noise made by the engine. */
function tableProblem(): TrainingProblem {
  const stream = randomStream(0, 'webgpu test');
  const betas = stream.child('betas').normals(new Float32Array(nRows * nVoxels));
  const targets = stream.child('targets').normals(new Float32Array(nRows * nDims));
  for (let row = 0; row < nRows; row++) {
    const y = targets.subarray(row * nDims, (row + 1) * nDims);
    const norm = Math.hypot(...y);
    for (let d = 0; d < nDims; d++) y[d]! /= norm;
  }
  const rows = (step: number) => stream.child(`rows ${step}`).permutation(nRows).subarray(0, batchSize);
  const take = (source: Float32Array, width: number) => (step: number, out: Float32Array) => {
    for (const [i, row] of rows(step).entries())
      out.set(source.subarray(row * width, (row + 1) * width), i * width);
  };
  const start = emptyState(nVoxels, nDims);
  stream.child('weight').normals(start.weight);
  return {
    ...{ nVoxels, nDims, batchSize, start, noiseKey: stream.key },
    rule: { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, temperature: 0.03, noiseSd: 0.5 },
    readBetas: take(betas, nVoxels),
    readTargets: take(targets, nDims),
    table: {
      ...{ key: 'webgpu test', nRows, targets },
      rows: (step, out) => out.set(rows(step)),
      readBetas: (first, out) => out.set(betas.subarray(first * nVoxels, first * nVoxels + out.length)),
    },
  };
}

async function outcome(opening: Promise<Training>, stops = [steps]) {
  const training = await opening;
  try {
    const losses: number[] = [];
    for (const stop of stops) await training.advance(stop, ({ step, loss }) => (losses[step] = loss));
    return { losses, state: await training.state() };
  } finally {
    await training.close();
  }
}

describe('engine webgpu with the betas on the device', { timeout: 300_000 }, () => {
  let whole: Awaited<ReturnType<typeof outcome>>;
  let problem: string | undefined;

  beforeAll(async () => {
    ({ problem } = await tryEngine('webgpu'));
    if (!problem) whole = await outcome(openWebgpuTraining(tableProblem()));
  }, 600_000);
  beforeEach((context) => context.skip(problem !== undefined, problem));

  it('makes the noise of the other engines: losses and weights of wasm', async () => {
    const expected = await outcome(openTraining('wasm', tableProblem()));
    for (const [step, loss] of expected.losses.entries()) {
      expect(Math.abs(whole.losses[step]! - loss)).toBeLessThan(1e-5 * loss);
    }
    for (const [i, value] of expected.state.weight.entries()) {
      expect(Math.abs(whole.state.weight[i]! - value)).toBeLessThan(1e-4);
    }
  });

  it('gives the same bytes again, and when the steps are done in parts', async () => {
    expect(await outcome(openWebgpuTraining(tableProblem()), [1, 5, steps])).toEqual(whole);
  });

  it('gives the same bytes with the betas in several buffers', async () => {
    const largestBuffer = 20 * nVoxels * 4;
    expect(await outcome(openWebgpuTraining(tableProblem(), { largestBuffer }))).toEqual(whole);
  });

  it('gives the same bytes where the betas do not fit and each step is sent its batch', async () => {
    expect(await outcome(openWebgpuTraining(tableProblem(), { largestBuffer: 0 }))).toEqual(whole);
  });

  it('reports every step that was done before it is stopped', async () => {
    const training = await openWebgpuTraining(tableProblem());
    const stop = new AbortController();
    const seen: number[] = [];
    try {
      const onStep = ({ step }: { step: number }) => {
        seen.push(step);
        stop.abort();
      };
      await expect(training.advance(500, onStep, stop.signal)).rejects.toMatchObject({ tag: 'aborted' });
      const { step } = await training.state();
      expect(step).toBeLessThan(500);
      expect(seen).toEqual([...Array(step).keys()]);
    } finally {
      await training.close();
    }
  });

  it('refuses a batch whose softmax does not fit into workgroup memory', async () => {
    const huge = { ...tableProblem(), batchSize: 1 << 20 };
    await expect(openWebgpuTraining(huge)).rejects.toMatchObject({ tag: 'input', what: 'batchSize' });
  });
});

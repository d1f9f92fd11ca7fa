import { beforeEach, describe, expect, it } from 'vitest';
import { type EngineName, openTraining } from '../../src/engine/engines.js';
import type { TrainingState } from '../../src/engine/training.js';
import { tryEngine } from '../../src/engine/tryEngine.js';
import { decode, type GoldenTraining, goldenProblem, goldenTrainings } from './goldenProblem.js';
import { useSwiftShader } from './useSwiftShader.js';

async function train(engine: EngineName, golden: GoldenTraining, stops = [10], threads?: number) {
  const training = await openTraining(engine, goldenProblem(golden), threads);
  try {
    const losses: number[] = [];
    const similarities: number[] = [];
    const states: TrainingState[] = [];
    for (const stop of stops) {
      await training.advance(stop, ({ step, loss, similarity }) => {
        losses[step] = loss;
        similarities[step] = similarity;
      });
      states.push(await training.state());
    }
    return { losses, similarities, states };
  } finally {
    await training.close();
  }
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
};

const takeVoxels = (golden: GoldenTraining, array: Float32Array) =>
  golden.rows.flatMap((v) => [...array.subarray(v * golden.nDims, (v + 1) * golden.nDims)]);

useSwiftShader();

const goldens = Object.entries(goldenTrainings);
const engines: Partial<Record<EngineName, typeof goldens>> = {
  cpu: goldens,
  wasm: goldens,
  'tfjs-cpu': goldens.slice(0, 2),
  'tfjs-wasm': goldens,
  webgpu: goldens,
  'tfjs-webgpu': goldens.slice(0, 2),
  'tfjs-node': goldens,
  'tfjs-node-gpu': goldens,
};

for (const [engine, cases] of Object.entries(engines) as [EngineName, typeof goldens][]) {
  // compiling a dozen kernels takes SwiftShader a while
  const timeout = engine.includes('webgpu') ? 300_000 : undefined;
  describe(`engine ${engine}`, { timeout }, () => {
    beforeEach(async (context) => {
      const { works, problem } = await tryEngine(engine);
      if (!works && !['cpu', 'wasm', 'tfjs-cpu'].includes(engine)) context.skip(problem);
    });

    for (const [name, golden] of cases) {
      let ran: ReturnType<typeof train> | undefined;
      const training = () => (ran ??= train(engine, golden, [1, 10]));

      it(`has PyTorch's first gradient to 1e-5 of the largest: ${name}`, async () => {
        const { states } = await training();
        // after one step from zero, Adam's first moment is (1 − β₁) times the gradient
        const gradient = takeVoxels(golden, states[0]!.weightFirst).map((value) => value / 0.1);
        const limit = 1e-5 * golden.largestGradient;
        expect(largestDifference(gradient, decode(golden.weightGradient))).toBeLessThan(limit);
        const bias = [...states[0]!.biasFirst].map((value) => value / 0.1);
        const expected = decode(golden.biasGradient);
        expect(largestDifference(bias, expected)).toBeLessThan(1e-5 * Math.max(...expected.map(Math.abs)));
      });

      it(`has PyTorch's first 10 losses to 1e-5 of the loss: ${name}`, async () => {
        const { losses, similarities } = await training();
        for (const [step, loss] of golden.losses.entries()) {
          expect(Math.abs(losses[step]! - loss)).toBeLessThan(1e-5 * loss);
        }
        expect(largestDifference(similarities, golden.similarities)).toBeLessThan(1e-5);
      });

      it(`has PyTorch's weights after 10 steps: ${name}`, async () => {
        const { states } = await training();
        const weight = takeVoxels(golden, states[1]!.weight);
        // a step moves a weight by up to the learning rate, 1e-3, whatever the size of its gradient
        expect(largestDifference(weight, decode(golden.finalWeight))).toBeLessThan(1e-4);
        expect(largestDifference(states[1]!.bias, decode(golden.finalBias))).toBeLessThan(1e-4);
      });
    }
  });
}

describe('bytes of the cpu engine', () => {
  const golden = goldenTrainings['large enough for threads']!;

  it('are the same on 1, 2, 3 and 4 threads', async () => {
    const runs = [];
    for (const threads of [1, 2, 3, 4]) runs.push(await train('cpu', golden, [10], threads));
    for (const run of runs.slice(1)) {
      expect(run.states[0]).toEqual(runs[0]!.states[0]);
      expect(run.losses).toEqual(runs[0]!.losses);
    }
  });

  it('are the same when the steps are done in parts', async () => {
    const whole = await train('cpu', golden);
    const parts = await train('cpu', golden, [3, 4, 10]);
    expect(parts.states.at(-1)).toEqual(whole.states[0]);
  });
});

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fitDecoder, predictEmbeddings, retrievalAccuracy } from '../../src/decode/index.js';
import { rowSource } from '../../src/util/array.js';
import type { ProgressEvent } from '../../src/util/progress.js';
import { planted } from './planted.js';

const quick = { steps: 60, batchSize: 32, learningRate: 1e-2, noiseSd: 0.3, seed: 1 };
/** Large enough for worker threads. */
const wide = { nVoxels: 2600, nDims: 48, nStimuli: 40 };

describe('fitDecoder', () => {
  it('finds held-out images far above chance and lowers the loss', async () => {
    const data = planted();
    const test = [...data.stimulus.keys()].filter((trial) => data.stimulus[trial]! >= 80);
    const rows = [...data.stimulus.keys()].filter((trial) => data.stimulus[trial]! < 80);
    const fit = await fitDecoder({ ...data, rows }, { ...quick, steps: 300 });
    expect(fit.loss.at(-1)!).toBeLessThan(0.5 * fit.loss[0]!);
    expect(fit.similarity.at(-1)!).toBeGreaterThan(fit.similarity[0]! + 0.3);
    const predictions = await predictEmbeddings(fit, data.betas, test);
    const stimulus = test.map((trial) => data.stimulus[trial]!);
    const { topK } = await retrievalAccuracy({ predictions, stimulus, embeddings: data.embeddings });
    expect(topK[0]!.accuracy).toBeGreaterThan(0.5);
    expect(topK[0]!.pValue).toBeLessThan(0.01);
  });

  it('gives the same bytes for the same seed, and others for another seed or other data', async () => {
    const data = planted();
    const fit = await fitDecoder(data, quick);
    expect(await fitDecoder(data, quick)).toEqual(fit);
    expect((await fitDecoder(data, { ...quick, seed: 2 })).weight).not.toEqual(fit.weight);
    const other = planted({ seed: 1 });
    const [a, b] = await Promise.all(
      [data, other].map((d) => fitDecoder(d, { ...quick, steps: 1, learningRate: 1e-9 })),
    );
    expect(a!.weight.data[0]).not.toBeCloseTo(b!.weight.data[0]!, 4);
  });

  it('gives the same bytes on any number of threads, and from betas read in rows', async () => {
    const data = planted(wide);
    const one = await fitDecoder(data, { ...quick, steps: 5, engine: 'cpu', threads: 1 });
    const two = await fitDecoder(data, { ...quick, steps: 5, engine: 'cpu', threads: 2 });
    const read = await fitDecoder(
      { ...data, betas: rowSource(data.betas) },
      { ...quick, steps: 5, engine: 'cpu' },
    );
    expect(two).toEqual(one);
    expect(read).toEqual(one);
  });

  it('starts as torch.nn.Linear, the scale on the weights alone', async () => {
    const data = planted({ nVoxels: 400 });
    const still = { ...quick, steps: 1, learningRate: 1e-12 };
    const [full, small] = await Promise.all(
      [1, 0.02].map((initScale) => fitDecoder(data, { ...still, initScale })),
    );
    const bound = 1 / Math.sqrt(400);
    const largest = (array: Float32Array) =>
      array.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(largest(full!.weight.data)).toBeGreaterThan(0.99 * bound);
    expect(largest(full!.weight.data)).toBeLessThanOrEqual(bound * 1.0001);
    const variance =
      full!.weight.data.reduce((sum, value) => sum + value * value, 0) / full!.weight.data.length;
    expect(Math.abs(variance / (bound ** 2 / 3) - 1)).toBeLessThan(0.06);
    expect(largest(small!.weight.data)).toBeLessThanOrEqual(0.02 * bound * 1.0001);
    expect(small!.bias).toEqual(full!.bias);
  });

  it('measures on validation rows every so many steps, and stops early if asked', async () => {
    const data = planted();
    const validationRows = [...Array(60).keys()];
    const rows = [...data.stimulus.keys()].slice(60);
    const options = { ...quick, validationRows, validateEvery: 20 };
    const fit = await fitDecoder({ ...data, rows }, options);
    expect(fit.validation.map(({ step }) => step)).toEqual([20, 40, 60]);
    expect(fit.validation[2]!.cosineDistance).toBeLessThan(fit.validation[0]!.cosineDistance);
    expect((await fitDecoder({ ...data, rows }, quick)).weight).toEqual(fit.weight);

    const stopped = await fitDecoder({ ...data, rows }, { ...options, steps: 4000, noiseSd: 0, patience: 2 });
    expect(stopped.loss.length).toBeLessThan(4000);
    const lowest = stopped.validation.reduce((a, b) => (b.cosineDistance < a.cosineDistance ? b : a));
    expect(stopped.stepsDone).toBe(lowest.step);
    expect(stopped.validation.length).toBe(stopped.validation.indexOf(lowest) + 3);
  });

  it('says how far it is, how fast, and how long it will take', async () => {
    const events: ProgressEvent[] = [];
    await fitDecoder(planted(), { ...quick, onProgress: (event) => events.push(event) });
    expect(events.at(-1)).toMatchObject({ label: 'training', done: 60, total: 60 });
    expect(events[0]!.detail).toMatch(/^loss [\d.]+, [\d.e+]+ steps\/s, \d+ (s|min|h) left$/);
  });

  for (const [name, sizes] of Object.entries({ 'one thread': {}, 'worker threads': wide })) {
    it(`stops between steps and goes on from the checkpoint to the same bytes: ${name}`, async () => {
      const data = planted(sizes);
      const whole = await fitDecoder(data, { ...quick, engine: 'cpu' });
      const folder = await mkdtemp(join(tmpdir(), 'decode-'));
      try {
        const checkpoint = join(folder, 'run.checkpoint');
        const options = { ...quick, engine: 'cpu', checkpoint, checkpointEvery: 7 };
        const controller = new AbortController();
        const onProgress = ({ done }: ProgressEvent) => done >= 1 && controller.abort();
        const cut = fitDecoder(data, { ...options, signal: controller.signal, onProgress });
        await expect(cut).rejects.toMatchObject({ tag: 'aborted' });
        expect(existsSync(checkpoint)).toBe(true);
        const starts: number[] = [];
        const resumed = await fitDecoder(data, { ...options, onProgress: ({ done }) => starts.push(done) });
        expect(starts[0]).toBeGreaterThan(1);
        expect(resumed).toEqual(whole);
        expect(existsSync(checkpoint)).toBe(false);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  }

  it('gives a voxel without signal weights of 0, and says so', async () => {
    const data = planted();
    for (let trial = 0; trial < data.betas.shape[0]; trial++) data.betas.data[trial * 60 + 7] = 0;
    const fit = await fitDecoder(data, quick);
    expect([...fit.weight.data.subarray(7 * 12, 8 * 12)]).toEqual(Array(12).fill(0));
    expect(fit.warnings).toEqual([
      '1 of 60 voxels are 0 in every training trial; their weights are 0 (voxels 7)',
    ]);
  });

  describe('refuses by name', () => {
    const data = planted();
    const withBeta = (value: number) => {
      const betas = { ...data.betas, data: data.betas.data.slice() };
      betas.data[5 * 60 + 3] = value;
      return { ...data, betas };
    };
    const stimulus = data.stimulus.slice();
    stimulus[4] = 120;
    const blank = { ...data.embeddings, data: data.embeddings.data.slice().fill(0, 24, 36) };
    const zero = { ...data.betas, data: new Float32Array(data.betas.data.length) };
    const cases: [string, Parameters<typeof fitDecoder>, RegExp][] = [
      ['a beta that is NaN', [withBeta(Number.NaN), quick], /betas\[5, 3\] is NaN; must be finite/],
      ['an infinite beta', [withBeta(Infinity), quick], /betas\[5, 3\] is Infinity/],
      ['betas that are all zero', [{ ...data, betas: zero }, quick], /not all zero/],
      [
        'fewer betas than trials',
        [{ ...data, stimulus: new Int32Array(400) }, quick],
        /number of trials is 400/,
      ],
      ['a stimulus out of range', [{ ...data, stimulus }, quick], /stimulus\[4\] is 120; .* \[0, 120\)/],
      ['an embedding of length 0', [{ ...data, embeddings: blank }, quick], /embeddings\[2\] is 0/],
      [
        'a batch larger than the training set',
        [{ ...data, rows: [1, 2, 3] }, quick],
        /batchSize is 32; .* at most 3/,
      ],
      ['a row twice', [{ ...data, rows: [1, 2, 2] }, quick], /rows is 2; must be without duplicates/],
      ['a row that is not there', [{ ...data, rows: [1, 999] }, quick], /rows\[1\] is 999/],
      ['no steps', [data, { ...quick, steps: 0 }], /steps is 0/],
      ['a negative noise', [data, { ...quick, noiseSd: -1 }], /noiseSd is -1/],
      ['a temperature of 0', [data, { ...quick, temperature: 0 }], /temperature is 0/],
      ['patience without validation', [data, { ...quick, patience: 3 }], /patience is 3/],
      [
        'an unknown engine',
        [data, { ...quick, engine: 'abacus' }],
        /engine is "abacus"; must be auto, tfjs or one of/,
      ],
    ];
    for (const [name, args, message] of cases) {
      it(name, async () => {
        await expect(fitDecoder(...args)).rejects.toMatchObject({
          tag: 'input',
          message: expect.stringMatching(message),
        });
      });
    }
  });
});

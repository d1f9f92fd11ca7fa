import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fitDecoder, fitReruns, meanOfRuns, readDecoder, writeDecoder } from '../../src/decode/index.js';
import { planted } from './planted.js';

const quick = { steps: 30, batchSize: 32, learningRate: 1e-2 };
const data = planted();
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reruns-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('fitReruns', () => {
  it('averages the fits of seeds 1 … N and tells their spread', async () => {
    const reruns = await fitReruns(data, { ...quick, runs: 3 });
    const fits = await Promise.all([1, 2, 3].map((seed) => fitDecoder(data, { ...quick, seed })));
    for (const i of [0, 17, 719]) {
      const values = fits.map((fit) => fit.weight.data[i]!);
      const mean = values.reduce((sum, value) => sum + value, 0) / 3;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 2;
      expect(reruns.weight.data[i]).toBeCloseTo(mean, 6);
      expect(reruns.spread.data[i]).toBeCloseTo(Math.sqrt(variance), 6);
    }
    expect(reruns.runs).toBe(3);
    expect(reruns.fitted).toEqual([0, 1, 2]);
  });

  it('goes on after being stopped, does nothing when all is done, and gives the same bytes', async () => {
    const whole = await fitReruns(data, { ...quick, runs: 3 });
    const controller = new AbortController();
    const options = { ...quick, runs: 3, folder };
    const cut = fitReruns(data, { ...options, signal: controller.signal, onRun: () => controller.abort() });
    await expect(cut).rejects.toMatchObject({ tag: 'aborted' });
    const resumed = await fitReruns(data, options);
    expect(resumed.fitted).toEqual([1, 2]);
    expect(resumed.weight).toEqual(whole.weight);
    expect(resumed.spread).toEqual(whole.spread);
    const names = ['run-000.safetensors', 'run-001.safetensors', 'run-002.safetensors'];
    expect((await readdir(folder)).sort()).toEqual(names);
    const before = await Promise.all(names.map((name) => stat(join(folder, name))));
    expect((await fitReruns(data, options)).fitted).toEqual([]);
    const after = await Promise.all(names.map((name) => stat(join(folder, name))));
    expect(after.map(({ mtimeMs }) => mtimeMs)).toEqual(before.map(({ mtimeMs }) => mtimeMs));
  });

  it('does the runs a scheduler asks for, each the same as in the whole', async () => {
    await fitReruns(data, { ...quick, runs: 3, folder });
    const alone = join(folder, 'alone');
    await fitReruns(data, { ...quick, runs: 3, only: [2], folder: alone });
    expect(await readdir(alone)).toEqual(['run-002.safetensors']);
    const [a, b] = [folder, alone].map((place) => join(place, 'run-002.safetensors'));
    expect((await readFile(a!)).equals(await readFile(b!))).toBe(true);
  });

  it('does a run again when its options or its data change, or its file is damaged', async () => {
    await fitReruns(data, { ...quick, runs: 1, folder });
    expect((await fitReruns(data, { ...quick, runs: 1, folder, noiseSd: 0.5 })).fitted).toEqual([0]);
    expect((await fitReruns(data, { ...quick, runs: 1, folder, noiseSd: 0.5, steps: 31 })).fitted).toEqual([
      0,
    ]);
    const other = planted({ seed: 1 });
    expect((await fitReruns(other, { ...quick, runs: 1, folder })).fitted).toEqual([0]);
    const { truncate } = await import('node:fs/promises');
    await truncate(join(folder, 'run-000.safetensors'), 500);
    expect((await fitReruns(other, { ...quick, runs: 1, folder })).fitted).toEqual([0]);
  });

  it('refuses no runs and a run out of range', async () => {
    await expect(fitReruns(data, { ...quick, runs: 0 })).rejects.toThrow(/runs is 0/);
    await expect(fitReruns(data, { ...quick, runs: 2, only: [2] })).rejects.toThrow(/run is 2; .* \[0, 2\)/);
  });
});

describe('decoder files', () => {
  it('keep weights, bias and metadata, and are refused when they are something else', async () => {
    const fit = await fitDecoder(data, quick);
    const path = join(folder, 'decoder.safetensors');
    await writeDecoder(path, fit, { seed: '1' });
    const read = await readDecoder(path);
    expect(read.weight).toEqual(fit.weight);
    expect(read.bias).toEqual(fit.bias);
    expect(read.metadata).toEqual({ seed: '1' });
    await writeDecoder(path, { weight: fit.weight, bias: new Float32Array(3) });
    await expect(readDecoder(path)).rejects.toMatchObject({ tag: 'format' });
    fit.weight.data[3] = Number.NaN;
    await writeDecoder(path, fit);
    await expect(readDecoder(path)).rejects.toThrow(/weight\[0, 3\] is NaN/);
  });

  it('cannot be averaged when there are none or their shapes differ', async () => {
    await expect(meanOfRuns([])).rejects.toMatchObject({ tag: 'input' });
    const [a, b] = [planted(), planted({ nVoxels: 50 })].map((study) =>
      fitDecoder(study, { ...quick, steps: 1 }),
    );
    await expect(meanOfRuns([() => a!, () => b!])).rejects.toThrow(/shape of decoder 1 is \[50,12\]/);
  });
});

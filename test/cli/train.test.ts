import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Command, CommandContext } from '../../src/cli/command.js';
import { ridge } from '../../src/cli/ridge.js';
import { train } from '../../src/cli/train.js';
import { vectors } from '../../src/cli/vectors.js';
import { readColumns, readNpy, writeNpy, writeTable } from '../../src/data/index.js';
import { meanOfRuns, readDecoder, voxelVectors } from '../../src/decode/index.js';
import { planted } from '../decode/planted.js';

const data = planted();
const split = [...data.stimulus].map((image) => (image < 80 ? 'train' : image < 100 ? 'validation' : 'test'));
let folder: string;
const at = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-train-'));
  await writeNpy(at('betas.npy'), data.betas);
  await writeNpy(at('embeddings.npy'), data.embeddings);
  await writeTable(at('trials.tsv'), { stimulus: data.stimulus, split });
});
afterAll(() => rm(folder, { recursive: true }));

async function call(
  command: Command,
  options: CommandContext['options'],
  more: Partial<CommandContext> = {},
) {
  const lines: string[] = [];
  const files = { betas: at('betas.npy'), trials: at('trials.tsv'), embeddings: at('embeddings.npy') };
  const context = { positionals: [], print: (line: string) => lines.push(line), threads: 2, ...more };
  await command.run({ ...context, options: { ...files, ...options } });
  return lines;
}

const quick = { steps: '40', batch: '32', lr: '0.01' };

describe('sdc train', () => {
  it('writes runs, their mean, metrics on validation and test, and nothing a second time', async () => {
    const out = at('decoder');
    const lines = await call(train, { ...quick, runs: '2', out });
    expect((await readdir(out)).sort()).toEqual(
      ['mean.safetensors', 'metrics.tsv', 'run-000.safetensors', 'run-001.safetensors', 'train.json'].sort(),
    );
    expect(lines.at(-1)).toMatch(/2 runs in .*: 2 fitted on cpu/);
    const runs = ['run-000', 'run-001'].map((name) => readDecoder(join(out, `${name}.safetensors`)));
    const mean = await meanOfRuns(runs.map((run) => () => run));
    expect((await readDecoder(join(out, 'mean.safetensors'))).weight).toEqual(mean.weight);
    expect((await runs[1]!).metadata).toMatchObject({ seed: '2', steps: '40', noiseSd: '1' });
    const metrics = await readColumns(join(out, 'metrics.tsv'), { text: ['run'] });
    expect(Object.keys(metrics)).toEqual(['decoder', 'run', 'split', 'metric', 'k', 'value']);
    expect(new Set(Array.from(metrics['run']!))).toEqual(new Set(['0', '1', 'mean']));
    expect(new Set(Array.from(metrics['split']!))).toEqual(new Set(['validation', 'test']));

    const stamps = () =>
      Promise.all(['train.json', 'mean.safetensors', 'metrics.tsv'].map((f) => stat(join(out, f))));
    const before = (await stamps()).map(({ mtimeMs }) => mtimeMs);
    expect((await call(train, { ...quick, runs: '2', out })).at(-1)).toMatch(/nothing to do/);
    expect((await stamps()).map(({ mtimeMs }) => mtimeMs)).toEqual(before);
  });

  it('does a single run for a scheduler', async () => {
    const out = at('single');
    await call(train, { ...quick, runs: '50', run: '17', out });
    expect((await readdir(out)).sort()).toEqual(['run-017.json', 'run-017.safetensors']);
  });

  it('shares its metrics file with the ridge baseline', async () => {
    const out = at('both');
    await call(train, { ...quick, out });
    const lines = await call(ridge, { out, alphas: '1,10,100' });
    expect(lines.at(-1)).toMatch(/^alpha \d+ \(chosen by top1\)/);
    const metrics = await readColumns(join(out, 'metrics.tsv'));
    expect(new Set(Array.from(metrics['decoder']!))).toEqual(new Set(['contrastive', 'ridge']));
    expect((await readDecoder(join(out, 'ridge.safetensors'))).metadata['chosenBy']).toBe('top1');
  });

  describe('names the file or the option that is wrong, and leaves nothing', () => {
    const cases: [string, () => Promise<CommandContext['options']>, RegExp][] = [
      [
        'a NaN',
        async () => {
          const broken = data.betas.data.slice();
          broken[60 + 3] = Number.NaN;
          await writeNpy(at('nan.npy'), { ...data.betas, data: broken });
          return { betas: at('nan.npy') };
        },
        /nan\.npy: betas\[1, 3\] is NaN; must be finite/,
      ],
      [
        'fewer rows than trials',
        async () => {
          await writeTable(at('long.tsv'), { stimulus: new Int32Array(400) });
          return { trials: at('long.tsv') };
        },
        /long\.tsv: has 400 trials, but .*betas\.npy has 360 rows/,
      ],
      [
        'a stimulus out of range',
        async () => {
          await writeTable(at('range.tsv'), { stimulus: data.stimulus.map((image) => image + 1), split });
          return { trials: at('range.tsv') };
        },
        /range\.tsv: stimulus\[\d+\] is \d+; .* \[0, 120\)/,
      ],
      [
        'no training rows',
        async () => {
          await writeTable(at('test.tsv'), { stimulus: data.stimulus, split: split.map(() => 'test') });
          return { trials: at('test.tsv') };
        },
        /test\.tsv: has no row whose split is "train"/,
      ],
      ['a batch too large', async () => ({ batch: '999' }), /batchSize is 999; must be at most 240/],
      ['a missing option', async () => ({ betas: undefined }), /--betas is "not given"/],
      ['a run out of range', async () => ({ run: '1' }), /--run is 1; must be in \[0, 1\)/],
      ['an unknown learning rate', async () => ({ lr: 'fast' }), /--lr is "fast"/],
      [
        'a file that is no array',
        async () => {
          await writeFile(at('text.npy'), 'hello');
          return { embeddings: at('text.npy') };
        },
        /text\.npy/,
      ],
    ];
    for (const [name, options, message] of cases) {
      it(name, async () => {
        const out = at(`refused ${name}`);
        const run = call(train, { ...quick, out, ...(await options()) });
        await expect(run).rejects.toMatchObject({ message: expect.stringMatching(message) });
        const left = await readdir(out).catch(() => []);
        expect(left).toEqual([]);
      });
    }
  });
});

describe('sdc vectors', () => {
  it('writes what voxelVectors gives over the train rows', async () => {
    const out = at('for vectors');
    await call(train, { ...quick, out });
    const weights = join(out, 'mean.safetensors');
    const rows = [...split.keys()].filter((row) => split[row] === 'train');
    for (const kind of ['weights', 'patterns', 'tuning'] as const) {
      await call(vectors, { kind, weights, out: at(`${kind}.npy`) });
      const expected = await voxelVectors(kind, { ...data, rows }, await readDecoder(weights));
      expect(await readNpy(at(`${kind}.npy`))).toEqual(expected);
      const record = JSON.parse(await readFile(at(`${kind}.json`), 'utf8'));
      expect(record).toMatchObject({ command: 'vectors', kind, nVoxels: 60, nDims: 12 });
    }
  });

  it('refuses an unknown kind, weights that are missing, and another extension', async () => {
    await expect(call(vectors, { kind: 'dreams', out: at('x.npy') })).rejects.toThrow(/--kind is "dreams"/);
    await expect(call(vectors, { kind: 'patterns', out: at('x.npy') })).rejects.toThrow(
      /--weights is "not given"/,
    );
    await expect(call(vectors, { kind: 'tuning', out: at('x.txt') })).rejects.toThrow(/--out is/);
  });
});

import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cluster } from '../../src/cli/cluster.js';
import { clusterConcepts, readClusters, writeClusters } from '../../src/cluster/index.js';
import { readColumns, readNpy, writeNpy, writeSafetensors } from '../../src/data/index.js';
import { type Matrix, matrix } from '../../src/util/index.js';
import { clumpedVectors } from './random.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clusters-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sizes = [30, 25, 35, 20];

describe('writeClusters and readClusters', () => {
  it('give back what was written', async () => {
    const clusters = await clusterConcepts(clumpedVectors(1, sizes), { eps: 0.25, minParticipants: 2 });
    expect(clusters.nClusters).toBeGreaterThan(1);
    await writeClusters(folder, clusters);
    expect(await readClusters(folder)).toEqual(clusters);
  });

  it('write the same result files again, and none of participants that are no more', async () => {
    const vectors = clumpedVectors(1, sizes);
    await writeClusters(folder, await clusterConcepts(vectors, { eps: 0.25, minParticipants: 2 }));
    const fewer = await clusterConcepts(vectors.slice(1), { eps: 0.25, minParticipants: 2 });
    await writeClusters(folder, fewer);
    const first = await readFile(join(folder, 'nearest-00.npy'));
    await writeClusters(folder, fewer);
    expect(await readFile(join(folder, 'nearest-00.npy'))).toEqual(first);
    expect((await readdir(folder)).filter((name) => name.endsWith('-03.npy'))).toEqual([]);
    expect(await readClusters(folder)).toEqual(fewer);
  });

  it('refuse a folder without a record, and files that disagree', async () => {
    await expect(readClusters(folder)).rejects.toThrow(/clusters\.json is missing/);
    const clusters = await clusterConcepts(clumpedVectors(1, sizes), { eps: 0.25, minParticipants: 2 });
    await writeClusters(folder, clusters);
    await writeNpy(join(folder, 'core-01.npy'), { data: new Uint8Array(3), shape: [3] });
    await expect(readClusters(folder)).rejects.toThrow(
      /core-01\.npy: is Uint8Array of 3, not Uint8Array of shape 25/,
    );
  });
});

describe('sdc cluster', () => {
  const run = (options: Record<string, string | string[]>, positionals: string[] = []) =>
    cluster.run({ options, positionals, print: () => {}, threads: 1 });

  async function files(vectors: readonly Matrix[]): Promise<string[]> {
    return Promise.all(
      vectors.map(async (own, p) => {
        const path = join(folder, `v${p}.${p === 1 ? 'safetensors' : 'npy'}`);
        if (p === 1) await writeSafetensors(path, { weight: own });
        else await writeNpy(path, own);
        return path;
      }),
    );
  }

  it('writes the files of the contract from npy and safetensors', async () => {
    const vectors = clumpedVectors(1, sizes);
    const paths = await files(vectors);
    const out = join(folder, 'out');
    await run({ weights: paths.slice(0, 1), eps: '0.25', 'min-participants': '2', out }, paths.slice(1));
    const expected = await clusterConcepts(vectors, { eps: 0.25, minParticipants: 2 });
    expect(await readClusters(out)).toEqual(expected);
    const nearest = await readNpy(join(out, 'nearest-01.npy'));
    expect(nearest.shape).toEqual([25, 4]);
    expect(nearest.data[1]).toBeNaN();
    const table = await readColumns(join(out, 'clusters.tsv'));
    expect(Object.keys(table).slice(0, 3)).toEqual(['cluster', 'size', 'participants']);
    expect(Object.keys(table).length).toBe(3 + 4);
    const labelled = expected.labels.flatMap((own) => [...own]).filter((label) => label >= 0).length;
    expect(Array.from(table['size'] as Int32Array).reduce((a, b) => a + b, 0)).toBe(labelled);
  });

  it('says what memory the work will need, first of all, and refuses work that does not fit', async () => {
    const paths = await files(clumpedVectors(1, sizes));
    const out = join(folder, 'out');
    const lines: string[] = [];
    const command = (options: Record<string, string>) =>
      cluster.run({
        ...{ options: { weights: paths, eps: '0.2', out, ...options }, positionals: [] },
        ...{ print: (line: string) => lines.push(line), threads: 1 },
      });
    await expect(command({ 'memory-gb': '0.01' })).rejects.toThrow(
      'clustering 110 voxels needs 0.07 GB, but 0.01 GB is available; select fewer voxels',
    );
    expect(lines).toEqual(['110 voxels of 16 dimensions: about 0.07 GB']);
    expect(existsSync(out)).toBe(false);
    await command({});
    expect(lines[1]).toBe(lines[0]);
    expect(lines[2]).toMatch(/^cluster\tsize/);
  });

  it('names what is wrong and writes nothing', async () => {
    const paths = await files(clumpedVectors(1, sizes));
    const out = join(folder, 'out');
    const given = { weights: paths, eps: '0.2', out };
    await expect(run({ ...given, eps: '0' })).rejects.toThrow('eps is 0; must be in (0, 2)');
    await expect(run({ ...given, eps: '2' })).rejects.toThrow('eps is 2; must be in (0, 2)');
    await expect(run({ ...given, eps: 'x' })).rejects.toThrow('--eps is "x"');
    await expect(run({ ...given, 'min-participants': '4' })).rejects.toThrow(
      'minParticipants is 4; must be an integer from 1 to 3',
    );
    await expect(run({ ...given, 'min-participants': '0' })).rejects.toThrow('--min-participants is "0"');
    await expect(run({ ...given, border: 'first' })).rejects.toThrow('border is "first"');
    await expect(run({ ...given, weights: paths.slice(0, 1) })).rejects.toThrow(
      'number of participants is 1',
    );
    await expect(run({ ...given, weights: paths.slice(0, 2) }, paths.slice(2))).rejects.toThrow(
      'all after one --weights',
    );
    await expect(run({ eps: '0.2', out })).rejects.toThrow('--weights is "not given"');
    const bad = join(folder, 'bad.npy');
    await writeNpy(bad, matrix(0, 16));
    await expect(run({ ...given, weights: [...paths, bad] })).rejects.toThrow(
      'bad.npy: holds no vectors (0 × 16)',
    );
    await writeNpy(bad, matrix(1, 2, Float32Array.of(1, Number.NaN)));
    await expect(run({ ...given, weights: [...paths, bad] })).rejects.toThrow(
      /bad\.npy\[0, 1\] is NaN; must be finite/,
    );
    await writeNpy(bad, matrix(1, 2, Float32Array.of(1, 2)));
    await expect(run({ ...given, weights: [...paths, bad] })).rejects.toThrow(
      /number of dimensions of .*bad\.npy is 2; must be 16/,
    );
    expect(existsSync(out)).toBe(false);
  });
});

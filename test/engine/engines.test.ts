import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { addPart } from '../../src/engine/addPart.js';
import { chooseEngine, describeEngines } from '../../src/engine/chooseEngine.js';
import { engineNames } from '../../src/engine/engines.js';
import { importFromPart, parts } from '../../src/engine/parts.js';

const paper = { nVoxels: 15_000, nDims: 512, batchSize: 128 };
const small = { nVoxels: 100, nDims: 5, batchSize: 30 };

afterEach(() => vi.unstubAllEnvs());

describe('chooseEngine', () => {
  it('takes cpu by itself, tried first where it matters, and says why', async () => {
    vi.stubEnv('SDC_PARTS', '/nowhere');
    expect(await chooseEngine('auto', paper)).toMatchObject({ name: 'cpu', reason: 'tried and agrees' });
    expect((await chooseEngine(undefined, small)).reason).toMatch(/so small/);
  });

  it('follows the option, then SDC_ENGINE', async () => {
    vi.stubEnv('SDC_ENGINE', 'wasm');
    expect((await chooseEngine(undefined, paper)).name).toBe('wasm');
    expect((await chooseEngine('cpu', paper)).name).toBe('cpu');
  });

  it('names the command for an engine that is not installed, and never takes another instead', async () => {
    vi.stubEnv('SDC_PARTS', '/nowhere');
    await expect(chooseEngine('tfjs-node-gpu', paper)).rejects.toMatchObject({
      tag: 'missing',
      message: expect.stringMatching(/tfjs-node-gpu .*not installed; run "sdc add tfjs-node-gpu"/),
    });
    await expect(chooseEngine('abacus', paper)).rejects.toMatchObject({ tag: 'input' });
  });
});

describe('describeEngines', () => {
  it('tries every engine and says what each lacks', async () => {
    const reports = await describeEngines();
    expect(reports.map(({ name }) => name)).toEqual([...engineNames]);
    const named = Object.fromEntries(reports.map((report) => [report.name, report]));
    for (const name of ['cpu', 'wasm', 'tfjs-cpu']) {
      expect(named[name]).toMatchObject({ works: true });
      expect(named[name]!.stepMs).toBeGreaterThan(0);
    }
    for (const { works, problem } of reports) expect(works || problem!.length > 5).toBe(true);
  });
});

describe('addPart', () => {
  it('refuses a name it does not know', async () => {
    const names = Object.keys(parts).join(', ');
    await expect(addPart('flux-capacitor')).rejects.toThrow(
      `part is "flux-capacitor"; must be one of ${names}`,
    );
  });

  it('leaves nothing behind and says why when it cannot fetch', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'parts-'));
    try {
      vi.stubEnv('SDC_PARTS', folder);
      vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9/');
      vi.stubEnv('npm_config_fetch_retries', '0');
      vi.stubEnv('npm_config_prefer_offline', 'false');
      vi.stubEnv('npm_config_cache', join(folder, 'empty-cache'));
      await expect(addPart('tfjs-wasm')).rejects.toMatchObject({
        tag: 'missing',
        message: expect.stringMatching(
          /could not be installed: .*ECONNREFUSED.*; is the npm registry reachable/,
        ),
      });
      expect(existsSync(join(folder, 'tfjs-wasm'))).toBe(false);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('is named by whoever misses a part', async () => {
    vi.stubEnv('SDC_PARTS', '/nowhere');
    await expect(importFromPart('tfjs-node-gpu', '@tensorflow/tfjs-node-gpu')).rejects.toThrow(
      '@tensorflow/tfjs-node-gpu is not installed; run "sdc add tfjs-node-gpu"',
    );
  });
});

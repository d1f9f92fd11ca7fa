import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { nbconvertVersion, notebookEnvironment, root } from './jupyter.js';

/**
 * What a user has who never saw the repository: `npm i shared-concepts` in an empty folder. Installs some 250 packages
 * from the registry, so it runs on request: SDC_TEST_INSTALL=1 npx vitest run test/notebook/publishedInstall.test.ts
 */
const wanted = process.env['SDC_TEST_INSTALL'] === '1';
const work = mkdtempSync(join(tmpdir(), 'sdc-published-'));
const study = join(work, 'my-study');

const run = (command: string, words: string[], folder: string, environment: Record<string, string> = {}) =>
  execFileSync(command, words, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 2 ** 28,
  });
const sdc = (...words: string[]) => run('npx', ['--no-install', 'sdc', ...words], study);

beforeAll(() => {
  if (!wanted) return;
  execFileSync('mkdir', ['-p', study]);
  run('npm', ['pack', '--pack-destination', work, '--ignore-scripts'], root);
  const tarball = readdirSync(work).find((name) => name.endsWith('.tgz'))!;
  run('npm', ['install', '--no-audit', '--no-fund', join(work, tarball)], study);
}, 1_200_000);
afterAll(() => rmSync(work, { recursive: true, force: true }));
beforeEach((context) => {
  if (!wanted) context.skip('installs some 250 packages; set SDC_TEST_INSTALL=1 to run it');
});

it('sdc init in the empty folder gives notebooks and kernel, and leaves them alone the next time', () => {
  expect(sdc('init')).toMatch(/wrote .*kernel\.json\nwrote .*notebooks\nnext: npx sdc jupyter\n$/);
  expect(sdc('init')).toMatch(/everything is here already/);
  expect(existsSync(join(study, '.jupyter/kernels/shared-concepts/kernel.json'))).toBe(true);
  const quickstart = readFileSync(join(study, 'notebooks/00_quickstart.ipynb'), 'utf8');
  const link = /\]\(([^)]*own-data\.md)\)/.exec(quickstart)![1]!;
  expect(existsSync(join(study, 'notebooks', link))).toBe(true);
});

it.skipIf(wanted && !nbconvertVersion())(
  'sdc jupyter --check passes: Jupyter sees the kernel, which knows the types',
  { timeout: 300_000 },
  () => {
    expect(sdc('jupyter', '--check').match(/^✓/gm)).toHaveLength(4);
  },
);

it.skipIf(wanted && !nbconvertVersion())(
  'the quickstart executes there from its first cell to its last',
  { timeout: 900_000 },
  async () => {
    const environment = { ...(await notebookEnvironment(work)), JUPYTER_PATH: join(study, '.jupyter') };
    const words = ['nbconvert', '--to', 'notebook', '--execute', '--ExecutePreprocessor.timeout=600'];
    run('jupyter', [...words, '--output-dir', work, 'notebooks/00_quickstart.ipynb'], study, environment);
    const { cells } = JSON.parse(readFileSync(join(work, '00_quickstart.ipynb'), 'utf8')) as {
      cells: { outputs?: { output_type: string }[] }[];
    };
    const outputs = cells.flatMap(({ outputs = [] }) => outputs);
    expect(outputs.length).toBeGreaterThan(8);
    expect(outputs.filter(({ output_type }) => output_type === 'error')).toEqual([]);
  },
);

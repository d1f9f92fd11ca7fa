import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect } from 'vitest';
import { executeNotebook, type Notebook } from '../../src/notebook/executeNotebook.js';
import { brokenPictures, withBrowser } from '../plot/openPage.js';
import { nbconvertVersion } from './jupyter.js';

const test = withBrowser();
const folder = mkdtempSync(join(tmpdir(), 'sdc-front-'));
const file = join(folder, 'figures.ipynb');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const cells = [
  "import { conceptMap, lossCurves, show, startNotebook } from 'shared-concepts';\nstartNotebook();",
  "show(lossCurves([{ participant: 'sub-01', step: [0, 1, 2], loss: [4, 3, 2] }], { title: 'Curves' }));",
  `const flat = { vertices: Float32Array.of(-9, 0, 0, -1, 0, 0, -9, 8, 0, -1, 8, 0), faces: Int32Array.of(0, 1, 2, 1, 3, 2) };
show(conceptMap([{ name: 'sub-01', mask: { left: Uint8Array.of(1, 1, 0, 0) } }], { left: { flat } }, { title: 'Map' }));`,
  "show([{ concept: 'food', voxels: 321 }]);",
];

/** The notebook as a user saves it: run by the toolkit's own kernel. */
let executed: Notebook;
beforeAll(async () => {
  const notebook = {
    cells: cells.map((source, i) => ({
      ...{ id: `cell-${i}`, cell_type: 'code', source, metadata: {}, execution_count: null, outputs: [] },
    })),
    metadata: {
      kernelspec: { name: 'shared-concepts', display_name: 'shared-concepts', language: 'typescript' },
      language_info: { name: 'typescript' },
    },
    ...{ nbformat: 4, nbformat_minor: 5 },
  };
  writeFileSync(file, JSON.stringify(notebook));
  const { notebook: done, failure } = await executeNotebook(file);
  expect(failure).toBeUndefined();
  executed = done;
  writeFileSync(file, JSON.stringify(executed));
});

/** What a page shows of the notebook's outputs once its figures are drawn. */
async function whatIsShown(page: Page) {
  await page.waitForFunction(() => document.querySelectorAll('.gtitle').length === 2);
  return page.evaluate(() => ({
    titles: Array.from(document.querySelectorAll('.gtitle'), (title) => title.textContent),
    legend: Array.from(document.querySelectorAll('.legendtext'), (text) => text.textContent),
    maps: Array.from(document.querySelectorAll('.imagelayer image'), (image) =>
      image.getAttribute('href')!.slice(0, 15),
    ),
    table: Array.from(document.querySelectorAll('.sdc-table td'), (cell) => cell.textContent),
  }));
}

const all = {
  titles: ['Curves', 'Map'],
  legend: ['sub-01', 'sub-01  2'],
  maps: ['data:image/png;', 'data:image/png;'],
  table: ['food', '321'],
};

test('nbconvert’s HTML draws the figures, offline', async ({ open }, context) => {
  if (!nbconvertVersion()) context.skip('no nbconvert here');
  execFileSync('jupyter', ['nbconvert', '--to', 'html', '--output', 'page', file], { stdio: 'ignore' });
  // The page of nbconvert itself asks for its typesetting and its module loader; the figures need neither.
  const html = readFileSync(join(folder, 'page.html'), 'utf8').replace(
    /<script[^>]* src="https:[^>]*>\s*<\/script>/g,
    '',
  );
  const { page, problems } = await open('nbconvert', html);
  expect(await whatIsShown(page)).toEqual(all);
  expect(problems.filter((text) => !/require|MathJax/.test(text))).toEqual([]);
  await page.close();
});

test('classic Notebook has still pictures in a stranger’s notebook, and draws figures once it is trusted', async ({
  visit,
}, context) => {
  if (spawnSync('jupyter-notebook', ['--version']).status !== 0) context.skip('no classic Notebook here');
  const own = { ...process.env };
  for (const kind of ['DATA', 'RUNTIME', 'CONFIG']) {
    own[`JUPYTER_${kind}_DIR`] = join(folder, kind);
    mkdirSync(join(folder, kind));
  }
  const port = await freePort();
  const words = ['--no-browser', '--allow-root', '--ip=127.0.0.1', `--port=${port}`];
  const settings = ['--NotebookApp.token=', '--NotebookApp.password=', `--notebook-dir=${folder}`];
  const server = spawn('jupyter-notebook', [...words, ...settings], { env: own, stdio: 'ignore' });
  try {
    const address = `http://127.0.0.1:${port}`;
    const isUp = () =>
      fetch(`${address}/api`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(isUp, { timeout: 90_000 }).toBe(true);
    const here = new RegExp(`^(data:|blob:|(http|ws)://127.0.0.1:${port}/)`);
    const { page, problems } = await visit(`${address}/notebooks/figures.ipynb`, here);
    await page.waitForFunction(() => document.querySelectorAll('.output img').length >= 2);
    expect(await brokenPictures(page)).toEqual([]);
    const stills = await page.evaluate(() =>
      Array.from(document.querySelectorAll<HTMLImageElement>('.output img'), (image) => [
        image.alt.slice(0, 4),
        image.naturalWidth > 100,
      ]),
    );
    expect(stills).toEqual([
      ['Loss', true],
      ['Map ', true],
    ]);
    expect(await page.locator('.gtitle').count()).toBe(0);
    await page.evaluate('setTimeout(() => Jupyter.notebook.trust_notebook())');
    await page.locator('.modal-footer button', { hasText: 'Trust' }).click();
    expect(await whatIsShown(page)).toEqual(all);
    expect(problems.filter((text) => text.startsWith('network'))).toEqual([]);
    await page.close();
  } finally {
    server.kill('SIGKILL');
  }
});

test('JupyterLab’s output area draws them', async ({ open }, context) => {
  if (!process.env['SDC_TEST_JUPYTERLAB'])
    context.skip('installs JupyterLab’s renderers (67 MB); set SDC_TEST_JUPYTERLAB=1 to run it');
  const packages = join(tmpdir(), `sdc-jupyterlab-${labVersion}`);
  if (!existsSync(join(packages, 'node_modules/@jupyterlab/outputarea'))) {
    mkdirSync(packages, { recursive: true });
    writeFileSync(join(packages, 'package.json'), '{ "private": true }');
    const wanted = ['outputarea', 'rendermime'].map((name) => `@jupyterlab/${name}@${labVersion}`);
    execFileSync('npm', ['install', '--ignore-scripts', ...wanted], { cwd: packages, stdio: 'ignore' });
  }
  const made = await build({
    stdin: { contents: outputArea, resolveDir: packages },
    ...{ bundle: true, write: false, minify: true, logLevel: 'silent' },
    loader: { '.svg': 'text', '.css': 'empty' },
    define: { global: 'window', 'process.env.NODE_ENV': '"production"' },
  });
  const script = made.outputFiles[0]!.text.replaceAll('</script', '<\\/script');
  for (const trusted of [true, false]) {
    const { page, problems } = await open('lab', `<!doctype html><body><script>${script}</script></body>`);
    await page.evaluate(
      ([outputs, trust]) =>
        (window as unknown as { showOutputs(outputs: unknown, trusted: boolean): void }).showOutputs(
          outputs,
          trust,
        ),
      [executed.cells.flatMap(({ outputs }) => outputs!), trusted] as const,
    );
    if (trusted) expect(await whatIsShown(page)).toEqual(all);
    else {
      await page.waitForFunction(() => document.querySelectorAll('.sdc-table').length > 0);
      expect(await brokenPictures(page)).toEqual([]);
      const stills = await page.evaluate(() =>
        Array.from(document.images, ({ src, naturalWidth }) => [src.slice(0, 18), naturalWidth > 100]),
      );
      const still = ['data:image/svg+xml', true];
      expect(stills).toEqual([still, still]);
      expect(await page.locator('.gtitle').count()).toBe(0);
    }
    expect(problems).toEqual([]);
    await page.close();
  }
});

const labVersion = '4.6.6';
const outputArea = `
import { OutputAreaModel, SimplifiedOutputArea } from '@jupyterlab/outputarea';
import { RenderMimeRegistry, standardRendererFactories } from '@jupyterlab/rendermime';
import { Widget } from '@lumino/widgets';
window.showOutputs = (values, trusted) => {
  const rendermime = new RenderMimeRegistry({ initialFactories: standardRendererFactories });
  const model = new OutputAreaModel({ values, trusted });
  Widget.attach(new SimplifiedOutputArea({ model, rendermime }), document.body);
};`;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

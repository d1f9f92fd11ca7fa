import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Supplement, writeSupplement } from '../../src/notebook/writeSupplement.js';
import { initStudy } from '../../src/workflow/index.js';
import { brokenPictures, withBrowser } from '../plot/openPage.js';

const inBrowser = withBrowser();
let folder: string;
let site: string;
let supplement: Supplement;

const cell = (id: string, source: string, kind = 'code') => ({
  ...{ cell_type: kind, id, metadata: {}, source },
  ...(kind === 'code' && { execution_count: null, outputs: [] }),
});

async function writeNotebook(name: string, ...cells: ReturnType<typeof cell>[]) {
  const metadata = { kernelspec: { name: 'tslab-shared-concepts', language: 'typescript' } };
  const notebook = { cells, metadata, nbformat: 4, nbformat_minor: 5 };
  await writeFile(join(folder, 'notebooks', `${name}.ipynb`), JSON.stringify(notebook));
}

/** A notebook that runs a study of two participants up to its decoders, and one that opens it again. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-supplement-test-'));
  site = join(folder, 'site');
  await mkdir(join(folder, 'notebooks'));
  const sourceOptions = { size: 'tiny' };
  await initStudy('phantom', join(folder, 'notebooks/mine'), {
    participants: ['sub-01', 'sub-02'],
    sourceOptions,
  });
  await writeNotebook(
    '01_first',
    cell(
      'a',
      '# The first\n\nOf $x^2$. See [own data](../docs/own-data.md#layout), [the next](02_second.ipynb) and [nothing](../docs/absent.md).',
      'markdown',
    ),
    cell(
      'b',
      "import { lossCurves, openStudy, show, startNotebook } from 'shared-concepts';\nstartNotebook();",
    ),
    cell(
      'c',
      "const study = await openStudy('mine');\nawait study.run({ to: 'prepare' });\nconsole.log(study.folder);",
    ),
    cell('d', "show(lossCurves([{ participant: 'sub-01', step: [0, 1], loss: [3, 2] }]));"),
  );
  await writeNotebook(
    '02_second',
    cell('a', '# The second', 'markdown'),
    cell('b', "import { openStudy } from 'shared-concepts';\nawait openStudy('mine');"),
  );
  supplement = await writeSupplement(join(folder, 'notebooks'), site);
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const pages = () =>
  readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.html'));
const read = (path: string) => readFileSync(join(site, path), 'utf8');

it('has a page for each notebook, each page of the documentation, and an index of all', () => {
  expect(supplement.notebooks.map(({ page, title, figures }) => [page, title, figures])).toEqual([
    ['01_first.html', 'The first', 1],
    ['02_second.html', 'The second', 0],
  ]);
  for (const page of ['01_first.html', '02_second.html', 'docs/own-data.html', 'docs/phantom.html'])
    expect(read('index.html')).toContain(`href="./${page}"`);
  expect(read('01_first.html')).toContain('<math');
});

it('has no link inside that leads nowhere', () => {
  expect(pages().length).toBeGreaterThan(10);
  let checked = 0;
  for (const page of pages()) {
    for (const [, target] of read(page).matchAll(
      /<(?:a|script|img)\b[^>]* (?:href|src)="(?!\w+:|#)([^"#]+)/g,
    )) {
      expect(existsSync(join(site, dirname(page), target!)), `${page}: ${target}`).toBe(true);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(20);
  expect(read('01_first.html')).toContain('<a href="docs/own-data.html#layout">own data</a>');
  expect(read('01_first.html')).toContain('and nothing.');
});

it('records what made every result of a study that was opened, with the file’s own hash', () => {
  expect(supplement.studies.map(({ name }) => name)).toEqual(['mine']);
  const records = JSON.parse(read('studies/mine/records.json')) as {
    unit: string;
    parameters: object;
    outputs: Record<string, { sha256: string; bytes: number }>;
  }[];
  expect(records.map(({ unit }) => unit)).toEqual(
    expect.arrayContaining(['prepare/sub-01', 'prepare/sub-02']),
  );
  const outputs = records.flatMap(({ outputs }) => Object.entries(outputs));
  expect(outputs.length).toBe(supplement.studies[0]!.results);
  const betas = outputs.find(([path]) => path === 'sub-02/betas.npy')!;
  const content = readFileSync(join(folder, 'notebooks/mine/sub-02/betas.npy'));
  expect(betas[1]).toEqual({
    sha256: createHash('sha256').update(content).digest('hex'),
    bytes: content.length,
  });
  expect(read('studies/mine/study.json')).toBe(
    readFileSync(join(folder, 'notebooks/mine/study.json'), 'utf8'),
  );
  expect(existsSync(join(site, 'studies/mine/sub-01/trials.tsv'))).toBe(true);
  expect(existsSync(join(site, 'studies/mine/sub-01/betas.npy'))).toBe(false);
});

it('says nothing of where the notebooks lie, and holds plotly.js once', () => {
  const text = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(html|json)$/.test(path),
  );
  for (const path of text) expect(read(path).includes(folder), path).toBe(false);
  expect(read('01_first.html')).toMatch(/<pre class="text">mine<\/pre>/);
  for (const page of pages()) expect(read(page).length, page).toBeLessThan(2_000_000);
});

it('names a notebook that is not there, and the cell that fails', async () => {
  await expect(writeSupplement(join(folder, 'notebooks'), site, { only: ['03_third'] })).rejects.toThrow(
    'notebook is "03_third"; must be one of 01_first, 02_second',
  );
  await writeNotebook('09_broken', cell('a', "throw new RangeError('too far');"));
  await expect(
    writeSupplement(join(folder, 'notebooks'), join(folder, 'other'), { only: ['09_broken'] }),
  ).rejects.toThrow(/cell 1 failed: RangeError: too far/);
}, 60_000);

inBrowser('opens from the disk, its figure drawn, without a request or a message', async ({ visit }) => {
  const { page, problems } = await visit(pathToFileURL(join(site, 'index.html')).href);
  await page.getByRole('link', { name: 'The first' }).click();
  await page.locator('.js-plotly-plot .main-svg').first().waitFor();
  await page.goBack();
  await page.getByRole('link', { name: 'Figures' }).click();
  await page.waitForURL(/docs\/figures\.html$/);
  expect(await page.locator('img').count()).toBeGreaterThan(0);
  expect(await brokenPictures(page)).toEqual([]);
  expect(problems).toEqual([]);
});

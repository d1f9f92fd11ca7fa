import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release, tmpdir } from 'node:os';
import { basename, join, resolve, sep } from 'node:path';
import { writeText } from '../data/writeAtomically.js';
import { plotlySource } from '../plot/assets.js';
import { type Block, renderPage, type Section } from '../plot/renderPage.js';
import { packageVersion } from '../study/version.js';
import { FormatError, InputError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { type ExecutedNotebook, executeNotebook, type Notebook } from './executeNotebook.js';
import { toolkitFolder } from './kernel/resolvePackages.js';
import { notebookTitle, renderNotebook } from './renderNotebook.js';
import { type SupplementDoc, settleLinks, writeDocs } from './supplementDocs.js';
import { copyStudies, type SupplementStudy } from './supplementStudies.js';

/** What was done to make one page of the supplement. */
export interface SupplementEntry {
  notebook: string;
  title: string;
  page: string;
  cells: number;
  figures: number;
  seconds: number;
  /** SHA-256 of the notebook as it was executed, without outputs. */
  sha256: string;
}

export interface SupplementOptions extends WorkOptions {
  /** Names of notebooks (`00_quickstart`) to execute. Default: every notebook of the folder. */
  only?: readonly string[];
}

/** The site that was written. */
export interface Supplement {
  notebooks: SupplementEntry[];
  /** The studies that the notebooks opened. */
  studies: SupplementStudy[];
  environment: Record<string, string>;
}

/**
 * Executes every notebook of a folder and writes a static site that needs no network: a page for each with its
 * figures, the executed notebooks, the documentation, of every study that they opened its report, explorer, figures,
 * tables and the record of every result (`studies/NAME/records.json`), plotly.js once, and an index with the
 * environment (`record.json`).
 *
 * Studies are used as they stand: what is done in them is not done again. Paths under the notebooks' folder are shown
 * relative to it. Stops at the first notebook that fails, with the cell's own error. Cost: the notebooks' own time.
 *
 * @throws InputError if there is no such notebook, FormatError for a cell that fails
 */
export async function writeSupplement(
  notebooks: string,
  out: string,
  options: SupplementOptions = {},
): Promise<Supplement> {
  const names = await notebookNames(notebooks, options.only);
  await mkdir(out, { recursive: true });
  await rm(join(out, 'studies'), { recursive: true, force: true });
  await writeText(join(out, 'plotly.min.js'), plotlySource());
  const aside = await mkdtemp(join(tmpdir(), 'sdc-supplement-'));
  try {
    const opened = join(aside, 'opened');
    const executed: { name: string; page: string; run: ExecutedNotebook }[] = [];
    for (const [index, name] of names.entries()) {
      options.onProgress?.({ label: `executing ${name}`, done: index, total: names.length });
      const run = await execute(join(notebooks, `${name}.ipynb`), opened, options.signal);
      executed.push({ name, page: `${name}.html`, run });
      await writeText(join(out, `${name}.ipynb`), `${JSON.stringify(run.notebook, null, 1)}\n`);
      await writeText(
        join(out, `${name}.html`),
        renderNotebook(run.notebook, 'plotly.min.js', footer(name, run)),
      );
    }
    const docs = await writeDocs(join(toolkitFolder, 'docs'), out);
    const studies = await copyStudies(await foldersIn(opened), out);
    for (const { page } of [...executed, ...docs]) {
      const path = join(out, page);
      await writeText(path, settleLinks(await readFile(path, 'utf8'), page, out));
    }
    const entries = await Promise.all(
      executed.map(({ name, run }) => entryOf(join(notebooks, `${name}.ipynb`), run)),
    );
    const supplement = { notebooks: entries, studies, environment: await describeEnvironment() };
    await writeText(join(out, 'record.json'), `${JSON.stringify(supplement, null, 2)}\n`);
    await writeText(join(out, 'index.html'), indexPage(supplement, docs));
    return supplement;
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

async function notebookNames(folder: string, only?: readonly string[]): Promise<string[]> {
  const found = (await readdir(folder))
    .filter((name) => /^\d.*\.ipynb$/.test(name))
    .map((name) => basename(name, '.ipynb'))
    .sort();
  const absent = only?.find((name) => !found.includes(name));
  if (absent !== undefined) throw new InputError('notebook', absent, `one of ${found.join(', ')}`);
  return found.filter((name) => only?.includes(name) ?? true);
}

async function execute(path: string, opened: string, signal?: AbortSignal): Promise<ExecutedNotebook> {
  const run = await executeNotebook(path, { signal, environment: { SDC_OPENED: opened } });
  if (run.failure) {
    const { ename, evalue } = run.failure.error;
    throw new FormatError(path, `cell ${run.failure.cell + 1} failed: ${ename}: ${evalue}`);
  }
  // Where this machine keeps the notebooks is nobody's business.
  const here = JSON.stringify(resolve(path, '..') + sep).slice(1, -1);
  return { ...run, notebook: JSON.parse(JSON.stringify(run.notebook).replaceAll(here, '')) };
}

const footer = (name: string, { seconds }: ExecutedNotebook) =>
  `[All pages](./index.html) · executed in ${seconds.toFixed(1)} s · [this notebook with its outputs](./${name}.ipynb)`;

async function foldersIn(list: string): Promise<string[]> {
  if (!existsSync(list)) return [];
  return [...new Set((await readFile(list, 'utf8')).split('\n').filter(Boolean))];
}

async function entryOf(path: string, { notebook, seconds }: ExecutedNotebook): Promise<SupplementEntry> {
  const name = basename(path, '.ipynb');
  return {
    notebook: `${name}.ipynb`,
    title: notebookTitle(notebook),
    page: `${name}.html`,
    cells: notebook.cells.filter((cell) => cell.cell_type === 'code').length,
    figures: countFigures(notebook),
    seconds: Number(seconds.toFixed(1)),
    sha256: createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  };
}

const countFigures = (notebook: Notebook) =>
  notebook.cells
    .flatMap((cell) => cell.outputs ?? [])
    .filter((output) => 'application/vnd.plotly.v1+json' in ((output['data'] as object | undefined) ?? {}))
    .length;

async function describeEnvironment(): Promise<Record<string, string>> {
  return {
    'shared-concepts': await packageVersion(),
    node: process.version,
    system: `${platform()} ${release()} ${arch()}`,
    processor: `${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} threads`,
    date: new Date().toISOString(),
  };
}

function indexPage({ notebooks, studies, environment }: Supplement, docs: readonly SupplementDoc[]): string {
  const pages = notebooks.map(
    ({ page, title, figures, seconds }) =>
      `[${title}](./${page}): ${figures === 1 ? '1 figure' : `${figures} figures`}, ${seconds.toFixed(1)} s`,
  );
  const sections: Section[] = [
    { title: 'Notebooks', blocks: [{ list: pages }] },
    { title: 'Studies', blocks: studies.flatMap(studyBlocks) },
    { title: 'Documentation', blocks: [{ list: docs.map(({ title, page }) => `[${title}](./${page})`) }] },
    {
      title: 'Environment',
      blocks: [
        { table: Object.entries(environment).map(([what, value]) => ({ what, value })) },
        'Every page with the hash of its notebook and its time: [record.json](./record.json).',
      ],
    },
  ];
  return renderPage({
    title: 'Shared decodable concepts: reproducible supplement',
    lead: 'Every notebook as it was executed, with its figures, and the studies behind them. Nothing here needs a network.',
    sections: sections.filter(({ blocks }) => blocks.length),
  });
}

function studyBlocks({
  name,
  pages,
  files,
  records,
  units,
  results,
  bytes,
  seconds,
}: SupplementStudy): Block[] {
  const inside = (path: string) => path.slice(`studies/${name}/`.length);
  const link = (path: string) => `[${inside(path)}](./${path})`;
  const megabytes = (bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0);
  return [
    { heading: name },
    `${results} result files (${megabytes} MB) of ${units} units, ${seconds.toFixed(1)} s of work. What made each, from what, and its hash: ${link(records)}.`,
    ...(pages.length ? [{ list: pages.map(link) }] : []),
    { details: `${files.length} tables and the configuration`, blocks: [{ list: files.map(link) }] },
  ];
}

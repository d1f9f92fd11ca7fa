import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { arch, availableParallelism, cpus, platform, release } from 'node:os';
import { basename, join } from 'node:path';
import { writeAtomically } from '../data/writeAtomically.js';
import { plotlySource } from '../plot/assets.js';
import { renderPage } from '../plot/renderPage.js';
import { packageVersion } from '../study/version.js';
import { FormatError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { executeNotebook, type Notebook } from './executeNotebook.js';
import { notebookTitle, renderNotebook } from './renderNotebook.js';

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

const write = (path: string, text: string) => writeAtomically(path, (staged) => writeFile(staged, text));

/**
 * Executes every notebook of a folder and writes a static site that needs no network: a page for each with its
 * figures, the executed notebooks, the files that they wrote (`results/`), plotly.js once, and an index with the
 * environment and a record of every page (`record.json`).
 *
 * Stops at the first notebook that fails, with the cell's own error. Cost: the notebooks' own time.
 */
export async function writeSupplement(
  notebooks: string,
  out: string,
  options: SupplementOptions = {},
): Promise<SupplementEntry[]> {
  const names = (await readdir(notebooks))
    .filter((name) => /^\d.*\.ipynb$/.test(name))
    .map((name) => basename(name, '.ipynb'))
    .filter((name) => options.only?.includes(name) ?? true)
    .sort();
  const results = join(out, 'results');
  await rm(results, { recursive: true, force: true });
  await mkdir(results, { recursive: true });
  await write(join(out, 'plotly.min.js'), plotlySource());
  const entries: SupplementEntry[] = [];
  for (const [index, name] of names.entries()) {
    const path = join(notebooks, `${name}.ipynb`);
    options.onProgress?.({ label: `executing ${name}`, done: index, total: names.length });
    const { notebook, failure, seconds } = await executeNotebook(path, {
      signal: options.signal,
      environment: { SDC_RESULTS: results },
    });
    if (failure) {
      const { ename, evalue } = failure.error;
      throw new FormatError(path, `cell ${failure.cell + 1} failed: ${ename}: ${evalue}`);
    }
    const footer = `[All notebooks](index.html) · executed in ${seconds.toFixed(1)} s · [this notebook with its outputs](${name}.ipynb)`;
    await write(join(out, `${name}.html`), renderNotebook(notebook, 'plotly.min.js', footer));
    await write(join(out, `${name}.ipynb`), `${JSON.stringify(notebook, null, 1)}\n`);
    entries.push({
      notebook: `${name}.ipynb`,
      title: notebookTitle(notebook),
      page: `${name}.html`,
      cells: notebook.cells.filter((cell) => cell.cell_type === 'code').length,
      figures: countFigures(notebook),
      seconds: Number(seconds.toFixed(1)),
      sha256: createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    });
  }
  const environment = await describeEnvironment();
  await write(join(out, 'record.json'), `${JSON.stringify({ environment, notebooks: entries }, null, 2)}\n`);
  await write(join(out, 'index.html'), indexPage(entries, environment, await readdir(results)));
  return entries;
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

function indexPage(
  entries: readonly SupplementEntry[],
  environment: Record<string, string>,
  results: readonly string[],
): string {
  const rows = entries.map(
    ({ page, title, figures, seconds }) =>
      `[${title}](./${page}): ${figures} figures, ${seconds.toFixed(1)} s`,
  );
  const files = results.map((name) => `[${name}](./results/${name})`);
  return renderPage({
    title: 'Shared decodable concepts: reproducible supplement',
    lead: 'Every notebook of the toolkit as it was executed, with its figures. Nothing here needs a network.',
    sections: [
      { title: 'Notebooks', blocks: [{ list: rows }] },
      ...(files.length ? [{ title: 'Files that they wrote', blocks: [{ list: files }] }] : []),
      {
        title: 'Environment',
        blocks: [
          { table: Object.entries(environment).map(([what, value]) => ({ what, value })) },
          'Every page with the hash of its notebook and its time: [record.json](./record.json).',
        ],
      },
    ],
  });
}

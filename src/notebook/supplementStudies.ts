import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { writeText } from '../data/writeAtomically.js';
import { plotlySource } from '../plot/assets.js';
import { escapeHtml } from '../plot/html.js';
import { readRecord, type UnitRecord } from '../study/record.js';

/** What the site holds of a study that a notebook opened. */
export interface SupplementStudy {
  /** Name of its folder in the site's `studies`. */
  name: string;
  /** Pages to look at, relative to the site: report, explorer, figures. */
  pages: string[];
  /** Tables and the configuration, relative to the site. */
  files: string[];
  /** The record of every result, relative to the site. */
  records: string;
  units: number;
  results: number;
  bytes: number;
  seconds: number;
}

/** Of each unit: what made its results, from what, with what; files by path in the study, with their hashes. */
type ResultRecord = Omit<UnitRecord, 'inputs' | 'outputs' | 'host'> & {
  inputs: Record<string, string>;
  outputs: Record<string, { sha256: string; bytes: number }>;
};

/**
 * Copies into a site what there is to read of a study: its configuration, tables, report, explorer and pages of
 * figures (which share the site's plotly.js), and `records.json`, what made each result file and its hash. Arrays stay
 * where they are: the records say what they must be.
 */
export async function copyStudies(folders: readonly string[], out: string): Promise<SupplementStudy[]> {
  const studies: SupplementStudy[] = [];
  const taken = new Set<string>();
  for (const folder of folders) {
    let name = basename(folder);
    for (let k = 2; taken.has(name); k++) name = `${basename(folder)}-${k}`;
    taken.add(name);
    studies.push(await copyStudy(folder, out, name));
  }
  return studies;
}

async function copyStudy(folder: string, out: string, name: string): Promise<SupplementStudy> {
  const pages: string[] = [];
  const files: string[] = [];
  const records: ResultRecord[] = [];
  const site = join('studies', name);
  for await (const path of filesUnder(folder)) {
    const own = relative(folder, path);
    const target = join(out, site, own);
    if (path.endsWith('.html')) {
      const plotly = relative(dirname(target), join(out, 'plotly.min.js'));
      await writeText(target, sharePlotly(await readFile(path, 'utf8'), plotly));
      pages.push(join(site, own));
    } else if (path.endsWith('.tsv') || own === 'study.json') {
      await mkdir(dirname(target), { recursive: true });
      await copyFile(path, target);
      files.push(join(site, own));
    } else if (path.endsWith('.json')) {
      const record = await readRecord(path);
      if (record) records.push(withoutHost(record));
    }
  }
  records.sort((a, b) => a.started.localeCompare(b.started) || a.unit.localeCompare(b.unit));
  await writeText(join(out, site, 'records.json'), `${JSON.stringify(records, null, 1)}\n`);
  const outputs = records.flatMap((record) => Object.values(record.outputs));
  return {
    ...{ name, pages, files, records: join(site, 'records.json'), units: records.length },
    results: outputs.length,
    bytes: outputs.reduce((sum, { bytes }) => sum + bytes, 0),
    seconds: Number(records.reduce((sum, { seconds }) => sum + seconds, 0).toFixed(1)),
  };
}

function withoutHost({ host: _, inputs, outputs, ...record }: UnitRecord): ResultRecord {
  return {
    ...record,
    inputs: Object.fromEntries(Object.entries(inputs).map(([path, { sha256 }]) => [path, sha256])),
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([path, { sha256, bytes }]) => [path, { sha256, bytes }]),
    ),
  };
}

/** The page with its own plotly.js, if it has one, replaced by the one at `address`. */
function sharePlotly(page: string, address: string): string {
  const own = `<script>${plotlySource()}</script>`;
  return page.split(own).join(`<script src="${escapeHtml(address)}"></script>`);
}

/** Files of a study by path, but for hidden folders, where work in progress lies. */
async function* filesUnder(folder: string): AsyncGenerator<string> {
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('.')) continue;
    if (entry.isDirectory()) yield* filesUnder(join(folder, entry.name));
    else if (entry.isFile()) yield join(folder, entry.name);
  }
}

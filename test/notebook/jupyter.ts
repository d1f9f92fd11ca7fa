import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fetchManifest } from '../../src/data/index.js';
import { executeNotebook, type Notebook } from '../../src/notebook/executeNotebook.js';
import { jupyterEnvironment, prepareJupyter } from '../../src/notebook/jupyter.js';

export const root = join(import.meta.dirname, '../..');

/** The version of nbconvert, where Jupyter is installed. */
export function nbconvertVersion(): string | undefined {
  try {
    return execFileSync('jupyter', ['nbconvert', '--version'], { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return undefined;
  }
}

/** What notebooks of one test run share: their studies, and a cache with the finger data where they are at hand. */
export async function notebookEnvironment(folder: string): Promise<Record<string, string>> {
  const cache = join(folder, 'cache');
  const shared = join(root, '../shared/data');
  if (existsSync(shared)) await fetchManifest('finger7t', { cache, from: [shared] });
  return { SDC_STUDIES: join(folder, 'studies'), SDC_CACHE: cache };
}

/** Executes a notebook with Jupyter's nbconvert where it is installed, else over the kernel's sockets. */
export async function runNotebook(path: string, environment: Record<string, string>): Promise<Notebook> {
  if (!nbconvertVersion()) {
    const { notebook, failure } = await executeNotebook(path, { environment });
    if (failure) throw new Error(`cell ${failure.cell}: ${failure.error['evalue']}`);
    return notebook;
  }
  await prepareJupyter(root);
  const folder = mkdtempSync(join(tmpdir(), 'sdc-executed-'));
  try {
    execFileSync(
      'jupyter',
      [
        'nbconvert',
        '--to',
        'notebook',
        '--execute',
        '--output-dir',
        folder,
        '--ExecutePreprocessor.timeout=300',
        path,
      ],
      { env: { ...jupyterEnvironment(root), ...environment }, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    return JSON.parse(readFileSync(join(folder, basename(path)), 'utf8')) as Notebook;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

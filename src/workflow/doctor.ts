import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { cacheFolder } from '../data/index.js';
import { describeEngines } from '../engine/index.js';
import { findBrowser } from '../plot/index.js';

const execute = promisify(execFile);

/** One thing the toolkit can use, whether it is here, and how to get it. */
export interface Finding {
  what: string;
  status: 'ok' | 'missing' | 'failed';
  /** Version, path, device or reason. */
  detail: string;
  /** The command that mends a lack. */
  fix?: string;
}

/**
 * Looks at what is here: Node, memory, each engine (tried on a tiny problem), Jupyter, the notebook kernel, a
 * browser for PNG and PDF export, the cache folder and its disk. Changes nothing.
 *
 * @returns one finding each, in a fixed order; never throws for a lack
 */
export async function doctor(): Promise<Finding[]> {
  const groups = await Promise.all([
    checkNode(),
    checkEngines(),
    checkJupyter(),
    checkBrowser(),
    checkCache(),
  ]);
  return groups.flat();
}

async function checkNode(): Promise<Finding[]> {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const recent = major! > 20 || (major === 20 && minor! >= 19);
  const gigabytes = (bytes: number) => (bytes / 2 ** 30).toFixed(1);
  return [
    recent
      ? { what: 'Node', status: 'ok', detail: process.versions.node }
      : {
          what: 'Node',
          status: 'failed',
          detail: process.versions.node,
          fix: 'install Node 20.19 or later: https://nodejs.org',
        },
    { what: 'memory', status: 'ok', detail: `${gigabytes(freemem())} of ${gigabytes(totalmem())} GiB free` },
  ];
}

async function checkEngines(): Promise<Finding[]> {
  const engines = await describeEngines();
  return engines.map(({ name, what, works, problem, device, emulated, stepMs, install }) => {
    const speed = stepMs === undefined ? '' : `, tiny problem ${stepMs.toFixed(1)} ms a step`;
    const on = device ? ` on ${device}${emulated ? ' (emulated: right, but slow)' : ''}` : '';
    const detail = works ? `${what}${on}${speed}` : `${what}: ${problem ?? 'does not run here'}`;
    const status = works ? 'ok' : install ? 'missing' : 'failed';
    return { what: `engine ${name}`, status, detail, ...(works || !install ? {} : { fix: install }) };
  });
}

async function checkJupyter(): Promise<Finding[]> {
  const lab = await versionOf('jupyter', ['lab', '--version']);
  const notebook = lab ?? (await versionOf('jupyter', ['notebook', '--version']));
  const name = lab ? 'JupyterLab' : 'Jupyter';
  return [
    notebook
      ? { what: name, status: 'ok', detail: notebook }
      : { what: name, status: 'missing', detail: 'no jupyter on the PATH', fix: 'pip install jupyterlab' },
  ];
}

async function checkBrowser(): Promise<Finding[]> {
  const path = findBrowser();
  return [
    path
      ? { what: 'browser (PNG and PDF export)', status: 'ok', detail: path }
      : {
          what: 'browser (PNG and PDF export)',
          status: 'missing',
          detail: 'no Chrome or Chromium found',
          fix: 'install Chromium (Debian: apt-get install chromium) or set SDC_BROWSER to one',
        },
  ];
}

async function checkCache(): Promise<Finding[]> {
  const folder = cacheFolder();
  const seed = process.env['SDC_CACHE'] ? ' (SDC_CACHE)' : '';
  try {
    if (!existsSync(folder)) await mkdir(folder, { recursive: true });
    const disk = await statfs(folder);
    const free = ((disk.bavail * disk.bsize) / 2 ** 30).toFixed(0);
    return [{ what: 'cache', status: 'ok', detail: `${folder}${seed}, ${free} GiB free` }];
  } catch (error) {
    const fix = 'set SDC_CACHE to a folder you can write';
    return [{ what: 'cache', status: 'failed', detail: `${folder}: ${(error as Error).message}`, fix }];
  }
}

async function versionOf(command: string, words: string[]): Promise<string | undefined> {
  try {
    return (await execute(command, words, { timeout: 20_000 })).stdout.trim().split('\n')[0];
  } catch {
    return undefined;
  }
}

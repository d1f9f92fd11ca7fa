import { execFile, spawn } from 'node:child_process';
import { accessSync, constants, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join, relative, sep } from 'node:path';
import { promisify } from 'node:util';
import { MissingError } from '../util/errors.js';
import { openKernel } from './kernel/client.js';
import { kernelName, kernelSpec } from './kernel/kernelSpec.js';
import { toolkitFolder } from './kernel/resolvePackages.js';

/** One thing that was looked at, and what was found. */
export interface CheckLine {
  name: string;
  ok: boolean;
  detail: string;
  /** The command that mends it. */
  fix?: string;
}

const installJupyter = 'pip install jupyterlab (or, on Debian and Ubuntu: sudo apt install jupyter-notebook)';

/** The environment in which Jupyter finds the project's kernel, and the kernel this Node. */
export function jupyterEnvironment(folder: string): NodeJS.ProcessEnv {
  const prepend = (value: string, list: string | undefined) => (list ? value + delimiter + list : value);
  return {
    ...process.env,
    JUPYTER_PATH: prepend(join(folder, '.jupyter'), process.env['JUPYTER_PATH']),
    PATH: prepend(dirname(process.execPath), process.env['PATH']),
  };
}

/**
 * Makes a folder ready for Jupyter: writes the kernel's description to `.jupyter/kernels/shared-concepts/` and, where
 * there is no folder `notebooks`, copies the toolkit's notebooks there. What exists is left alone.
 *
 * @returns what was written, as paths
 */
export async function prepareJupyter(folder: string): Promise<string[]> {
  const written: string[] = [];
  const specFolder = join(folder, '.jupyter/kernels', kernelName);
  const path = join(specFolder, 'kernel.json');
  const text = `${JSON.stringify(kernelSpec(specFolder), null, 2)}\n`;
  if (!existsSync(path) || (await readFile(path, 'utf8')) !== text) {
    await mkdir(specFolder, { recursive: true });
    await writeFile(path, text);
    written.push(path);
  }
  const notebooks = join(folder, 'notebooks');
  if (!existsSync(notebooks)) {
    await copyNotebooks(notebooks);
    written.push(notebooks);
  }
  return written;
}

/** Copies the toolkit's notebooks; their links to its documentation lead to where it is installed. */
async function copyNotebooks(folder: string): Promise<void> {
  const from = join(toolkitFolder, 'notebooks');
  const docs = `${relative(folder, join(toolkitFolder, 'docs')).split(sep).join('/')}/`;
  await mkdir(folder, { recursive: true });
  for (const name of (await readdir(from)).filter((name) => name.endsWith('.ipynb'))) {
    const text = await readFile(join(from, name), 'utf8');
    await writeFile(join(folder, name), text.replaceAll('](../docs/', `](${docs}`));
  }
}

/** The user's Jupyter: the front end that is there, JupyterLab before Notebook. */
export function findJupyter(): { command: string; words: string[]; name: string } | undefined {
  const isThere = (command: string) =>
    (process.env['PATH'] ?? '').split(delimiter).some((folder) => {
      try {
        accessSync(join(folder, command), constants.X_OK);
        return true;
      } catch {
        return existsSync(join(folder, `${command}.exe`));
      }
    });
  if (isThere('jupyter-lab')) return { command: 'jupyter-lab', words: [], name: 'JupyterLab' };
  if (isThere('jupyter-notebook'))
    return { command: 'jupyter-notebook', words: [], name: 'Jupyter Notebook' };
  return undefined;
}

/** Looks whether notebooks will work in a folder that was made ready: Jupyter, its view of the kernel, the kernel. */
export async function checkJupyter(folder: string): Promise<CheckLine[]> {
  const jupyter = findJupyter();
  const lines: CheckLine[] = [
    jupyter
      ? { name: 'Jupyter', ok: true, detail: `${jupyter.name} (${jupyter.command})` }
      : {
          name: 'Jupyter',
          ok: false,
          detail: 'neither JupyterLab nor Notebook is installed',
          fix: installJupyter,
        },
  ];
  if (jupyter) lines.push(await checkSpec(folder));
  lines.push(...(await checkKernel(folder)));
  return lines;
}

async function checkSpec(folder: string): Promise<CheckLine> {
  const name = 'kernel spec';
  try {
    const words = ['kernelspec', 'list', '--json'];
    const { stdout } = await promisify(execFile)('jupyter', words, { env: jupyterEnvironment(folder) });
    const { kernelspecs } = JSON.parse(stdout) as { kernelspecs: Record<string, { resource_dir: string }> };
    const found = kernelspecs[kernelName]?.resource_dir;
    if (found) return { name, ok: true, detail: `Jupyter sees ${found}` };
    return {
      name,
      ok: false,
      detail: 'Jupyter does not see it',
      fix: 'run sdc jupyter in the project folder',
    };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message.split('\n')[0]!, fix: installJupyter };
  }
}

async function checkKernel(folder: string): Promise<CheckLine[]> {
  const started = performance.now();
  const kernel = await openKernel(join(folder, 'notebooks'));
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const run = async (code: string) => (await kernel.request('execute_request', { code })).reply;
  try {
    const works = await run(
      "import { randomStream } from 'shared-concepts';\nconst first: number = randomStream(0).normal();",
    );
    const typed = await run('const wrong: string = randomStream(0).normal();');
    const loads = works['status'] === 'ok';
    const knowsTypes = /line 1/.test(String(typed['evalue']));
    return [
      loads
        ? { name: 'kernel', ok: true, detail: `ready in ${seconds} s, loads shared-concepts` }
        : { name: 'kernel', ok: false, detail: String(works['evalue']), fix: 'npm ci' },
      knowsTypes
        ? { name: 'types', ok: true, detail: 'known to the kernel; a type error is shown at its line' }
        : { name: 'types', ok: false, detail: 'of shared-concepts are unknown to the kernel', fix: 'npm ci' },
    ];
  } finally {
    await kernel.close();
  }
}

/**
 * Opens the user's Jupyter on the notebooks of a folder that was made ready, and waits until it is closed.
 *
 * @param words further words for Jupyter: `--no-browser`, `--port=8890`
 * @throws MissingError if no Jupyter is installed, with the command that installs it
 */
export async function openJupyter(folder: string, words: readonly string[] = []): Promise<void> {
  const jupyter = findJupyter();
  if (!jupyter) throw new MissingError('Jupyter', 'is not installed', installJupyter);
  const first = join('notebooks', '00_quickstart.ipynb');
  const target = existsSync(join(folder, first)) ? first : 'notebooks';
  const child = spawn(jupyter.command, [...jupyter.words, target, ...words], {
    cwd: folder,
    env: jupyterEnvironment(folder),
    stdio: 'inherit',
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(new MissingError(jupyter.command, `did not start: ${cause.message}`, installJupyter, cause)),
    );
    child.once('exit', () => resolve());
  });
}

import { spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AbortedError, FileError, MissingError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { type EngineName, engineNames, partOfEngine } from './engines.js';
import { type Part, type PartName, packageRoot, partFolder, partOf, resolveFromPart } from './parts.js';
import { tryEngine } from './tryEngine.js';

/** What adding a part came to. */
export interface AddedPart {
  name: PartName;
  folder: string;
  /** It was there and whole already. */
  before: boolean;
  /** Engines it brought, as they did when tried. */
  engines: { name: EngineName; works: boolean; device?: string; stepMs?: number }[];
}

/**
 * Fetches an optional part from the npm registry into a folder of its own (see {@link partFolder}) and verifies that
 * it loads and, for an engine, that it computes rightly. A part that fails is removed again, so that it is never half
 * there.
 *
 * @throws InputError for an unknown name; FileError if the folder cannot be written; MissingError, saying why, if it
 *   cannot be fetched or does not work here; AbortedError
 */
export async function addPart(name: string, { signal, onProgress }: WorkOptions = {}): Promise<AddedPart> {
  const part = partOf(name);
  const own = name as PartName;
  const folder = partFolder(own);
  const whole = () => resolveFromPart(own, part.entry)?.startsWith(folder) ?? false;
  const before = whole();
  if (!before) {
    onProgress?.({ label: `fetching ${Object.keys(part.packages).join(', ')}`, done: 0 });
    await install(part, folder, signal);
  }
  onProgress?.({ label: `trying ${name}`, done: 0 });
  try {
    if (!whole()) throw new MissingError(part.entry, 'is not there after its installation');
    await loads(own, part.entry);
    return { name: own, folder, before, engines: await enginesOf(own) };
  } catch (error) {
    if (!before) await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

async function install(part: Part, folder: string, signal?: AbortSignal): Promise<void> {
  const manifest = { private: true, dependencies: part.packages, overrides: ownOnnx(part) };
  try {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  } catch (cause) {
    throw new FileError(folder, 'cannot be written', 'set SDC_PARTS to a folder of your own', cause);
  }
  const flags = ['--no-audit', '--no-fund', '--no-package-lock', '--loglevel=error'];
  if (!part.scripts) flags.push('--ignore-scripts');
  const { code, said } = await run('npm', ['install', ...flags], folder, signal);
  if (code === 0) return;
  await rm(folder, { recursive: true, force: true });
  if (signal?.aborted) throw new AbortedError('fetching');
  throw new MissingError(
    Object.keys(part.packages)[0]!,
    `could not be installed: ${reasonOf(said)}`,
    part.scripts
      ? 'its install script fetches a native library from storage.googleapis.com, which must be reachable'
      : 'is the npm registry reachable?',
  );
}

/** One copy of the largest package, where a part wants the version that the toolkit has. */
function ownOnnx(part: Part): Record<string, string> | undefined {
  if (!('@huggingface/transformers' in part.packages)) return undefined;
  const entry = resolveFromPart('transformers', 'onnxruntime-node/package.json');
  return entry ? { 'onnxruntime-node': `file:${dirname(entry)}` } : undefined;
}

/** The line of npm's or a script's output that says most. */
function reasonOf(said: string): string {
  const lines = said.split('\n').map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim());
  const telling = lines.find((line) =>
    /ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|E404|ENOSPC|EACCES|403/.test(line),
  );
  return telling ?? lines.findLast((line) => line !== '') ?? 'npm said nothing';
}

/** Loads a module in a process of its own. */
async function loads(name: PartName, entry: string): Promise<void> {
  const path = JSON.stringify(resolveFromPart(name, entry));
  const script = `import(require('node:url').pathToFileURL(${path}).href).then(() => process.exit(0))`;
  const { code, said } = await run(process.execPath, ['-e', script], packageRoot);
  if (code === 0) return;
  throw new MissingError(entry, `does not load here: ${reasonOf(said)}`);
}

async function enginesOf(name: PartName): Promise<AddedPart['engines']> {
  const names = engineNames.filter((engine) => partOfEngine(engine) === name);
  const engines: AddedPart['engines'] = [];
  for (const engine of names) {
    const { works, problem, device, stepMs } = await tryEngine(engine);
    if (!works) throw new MissingError(`engine ${engine}`, `was installed but does not run here: ${problem}`);
    engines.push({ name: engine, works, device, stepMs });
  }
  return engines;
}

function run(
  command: string,
  args: string[],
  cwd: string,
  signal?: AbortSignal,
): Promise<{ code: number | null; said: string }> {
  return new Promise((resolve) => {
    // on Windows npm is a script that only a shell can start
    const shell = process.platform === 'win32' && command === 'npm';
    const child = spawn(command, args, { cwd, shell, signal, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', (error) => resolve({ code: null, said: `${said}\n${error.message}` }));
    child.on('close', (code) => resolve({ code, said }));
  });
}

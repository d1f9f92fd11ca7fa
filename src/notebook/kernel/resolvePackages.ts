import { existsSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);

/** The toolkit's own folder: where its package.json is. */
export const toolkitFolder = fileURLToPath(new URL('../../..', import.meta.url)).replace(/[\\/]$/, '');

/** The parts of TypeScript's file access that are changed here. */
interface TypeScriptSystem {
  fileExists(path: string): boolean;
  directoryExists(path: string): boolean;
  readFile(path: string, encoding?: string): string | undefined;
  realpath?(path: string): string;
  getDirectories(path: string): string[];
  watchFile?(path: string, callback: unknown, interval?: number): { close(): void };
  watchDirectory?(path: string, callback: unknown, recursive?: boolean): { close(): void };
}

/** tslab's own copy of TypeScript, which checks and translates the cells. */
export const typescript = createRequire(require.resolve('tslab/package.json'))(
  '@tslab/typescript-for-tslab',
) as { sys: TypeScriptSystem; version: string };

/**
 * Lets cells in `workFolder` import the toolkit by name, and the packages it comes with (arquero, tfjs …), where
 * the folder has none of its own: notebooks of the toolkit's clone, and notebooks that lie anywhere on the disk.
 * What the folder or its parents have installed goes first.
 */
export function resolvePackages(workFolder: string): void {
  resolveAtRun(workFolder);
  resolveTypes(workFolder);
}

type Resolve = (request: string, parent: unknown, isMain: boolean, options?: unknown) => string;

function resolveAtRun(workFolder: string): void {
  const loader = Module as unknown as { _resolveFilename: Resolve };
  const resolve = loader._resolveFilename;
  loader._resolveFilename = function (this: unknown, request, parent, isMain, options) {
    try {
      return resolve.call(this, request, parent, isMain, options);
    } catch (error) {
      const from = (parent as { filename?: string } | undefined)?.filename ?? '';
      const isMissing = (error as { code?: string }).code === 'MODULE_NOT_FOUND';
      if (!isMissing || !from.startsWith(workFolder + sep) || !/^[@a-z]/.test(request)) throw error;
      try {
        return require.resolve(request);
      } catch {
        throw new Error(
          `the package "${request.split('/')[0]}" is not installed; run: npm install ${request}`,
        );
      }
    }
  };
}

function resolveTypes(workFolder: string): void {
  const system = typescript.sys;
  const modules = join(workFolder, 'node_modules') + sep;
  const folders = new Map<string, string | undefined>();
  /** Where a package's files lie that TypeScript looks for under the folder's node_modules. */
  const forward = (path: string): string => {
    if (!path.startsWith(modules)) return path;
    const [, name, rest] = /^((?:@[^/]+\/)?[^/]+)(.*)$/s.exec(path.slice(modules.length)) ?? [];
    if (!name || name === 'tslab') return path;
    if (!folders.has(name)) {
      folders.set(name, installedAbove(workFolder, name) ? undefined : toolkitsPackage(name));
    }
    const folder = folders.get(name);
    return folder ? folder + rest : path;
  };
  const { fileExists, directoryExists, getDirectories, readFile, realpath, watchFile } = system;
  system.fileExists = (path) => fileExists.call(system, forward(path));
  system.directoryExists = (path) => directoryExists.call(system, forward(path));
  // Names of the types that hold everywhere, Node's own (console, process) among them.
  system.getDirectories = (path) => getDirectories.call(system, forward(path));
  system.readFile = (path, encoding) => readFile.call(system, forward(path), encoding);
  system.realpath = (path) => realpath?.call(system, forward(path)) ?? forward(path);
  // Watched are only a user's own source files. Installed packages do not change under a running kernel, and watching
  // their thousands of files costs a core's attention. Of package.json and folders TypeScript takes note by a timer of
  // its own, which tslab is not made for: one `npm install` beside an open notebook would end every later cell.
  const nothing = { close() {} };
  const unwatched = (path: string) =>
    !/\.[cm]?[jt]sx?$/.test(path) ||
    /[\\/]node_modules[\\/]/.test(path) ||
    path.startsWith(join(toolkitFolder, 'dist'));
  system.watchFile = (path, callback, interval) =>
    unwatched(path) || !watchFile ? nothing : watchFile.call(system, path, callback, interval);
  system.watchDirectory = () => nothing;
}

function* ancestors(folder: string): Generator<string> {
  for (let at = folder; ; at = dirname(at)) {
    yield at;
    if (dirname(at) === at) return;
  }
}

function installedAbove(folder: string, name: string): boolean {
  for (const at of ancestors(folder)) if (existsSync(join(at, 'node_modules', name))) return true;
  return false;
}

function toolkitsPackage(name: string): string | undefined {
  if (name === 'shared-concepts') return toolkitFolder;
  for (const at of ancestors(toolkitFolder)) {
    const folder = join(at, 'node_modules', name);
    if (existsSync(folder)) return folder;
  }
  return undefined;
}

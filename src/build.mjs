// Builds dist/: AssemblyScript kernels (*.as.ts) to WebAssembly, TypeScript to JavaScript and types,
// and copies the files that are neither. Run by `npm run build` and, through `prepare`, by `npm ci`.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const source = dirname(fileURLToPath(import.meta.url));
const root = dirname(source);
const out = join(root, 'dist');
const node = (script, args) =>
  execFileSync(process.execPath, [join(root, 'node_modules', script), ...args], {
    cwd: root,
    stdio: 'inherit',
  });

function* filesUnder(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      if (entry.name !== 'shims') yield* filesUnder(path);
    } else yield path;
  }
}

const isNewer = (path, than) => !existsSync(than) || statSync(path).mtimeMs > statSync(than).mtimeMs;

for (const path of filesUnder(source)) {
  const target = join(out, relative(source, path));
  mkdirSync(dirname(target), { recursive: true });
  if (path.endsWith('.as.ts')) {
    const wasm = target.replace(/\.as\.ts$/, '.wasm');
    if (!isNewer(path, wasm)) continue;
    const text = `${wasm}.wat`;
    node('assemblyscript/bin/asc.js', [
      ...[relative(root, path), '--outFile', relative(root, wasm), '--textFile', relative(root, text)],
      ...['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--enable', 'simd'],
      ...['--disableWarning', '232'],
    ]);
    const call = /\bcall(?:_indirect)? \$?([^\s)]*)/.exec(readFileSync(text, 'utf8'));
    rmSync(text);
    if (call) {
      // V8 14.6 (Node 26) aborts the process when it inlines such calls by itself.
      rmSync(wasm);
      throw new Error(`${relative(root, path)}: ${call[1]} is called once compiled; mark it @inline`);
    }
  } else if (/\.(json|wgsl|css|html|svg|txt|client\.js)$/.test(path)) cpSync(path, target);
}

node('typescript/bin/tsc', ['-p', 'tsconfig.json']);
if (existsSync(join(out, 'cli.js'))) chmodSync(join(out, 'cli.js'), 0o755);

// Formats the code of the notebooks: `npm run format`; with --check says which cells would change, and exits with 1.
// Biome formats, at a width that fits a notebook's cell; imports are filled, not one name a line.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const width = 92;
const root = fileURLToPath(new URL('../..', import.meta.url));
const notebooks = join(root, 'notebooks');
const source = (cell) => [cell.source].flat().join('');

/** `import {` with as many names a line as fit. */
function fillImports(code) {
  return code.replace(/^import \{\n([\s\S]*?)\n\} from ('[^']+');$/gm, (_, names, from) => {
    const lines = [''];
    for (const name of names
      .split(',')
      .map((each) => each.trim())
      .filter(Boolean)) {
      if (`  ${lines.at(-1)} ${name},`.length > width) lines.push('');
      lines[lines.length - 1] += `${lines.at(-1) ? ' ' : ''}${name},`;
    }
    return `import {\n${lines.map((line) => `  ${line}`).join('\n')}\n} from ${from};`;
  });
}

/** Every code cell of every notebook, formatted; `changed` tells the cells that were not. */
export function formatNotebooks({ write }) {
  const folder = mkdtempSync(join(tmpdir(), 'sdc-format-'));
  try {
    const configuration = JSON.parse(readFileSync(join(root, 'biome.json'), 'utf8'));
    const { formatter, javascript } = configuration;
    writeFileSync(
      join(folder, 'biome.json'),
      JSON.stringify({
        formatter: { ...formatter, lineWidth: width },
        javascript,
        linter: { enabled: false },
      }),
    );
    const cells = [];
    const files = new Map();
    for (const name of readdirSync(notebooks).filter((each) => each.endsWith('.ipynb'))) {
      const notebook = JSON.parse(readFileSync(join(notebooks, name), 'utf8'));
      files.set(name, notebook);
      for (const cell of notebook.cells) {
        if (cell.cell_type !== 'code') continue;
        const path = join(folder, `${cell.id}.ts`);
        writeFileSync(path, `${source(cell)}\n`);
        cells.push({ name, cell, path });
      }
    }
    const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
    execFileSync(process.execPath, [biome, 'format', '--write', '.'], { cwd: folder, stdio: 'pipe' });
    const changed = [];
    for (const { name, cell, path } of cells) {
      const code = fillImports(readFileSync(path, 'utf8').trimEnd());
      if (code !== source(cell)) changed.push(`${name}: ${cell.id}`);
      cell.source = code.split(/(?<=\n)/);
    }
    if (write)
      for (const [name, notebook] of files)
        writeFileSync(join(notebooks, name), `${JSON.stringify(notebook, null, 1)}\n`);
    return changed;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const check = process.argv.includes('--check');
  const changed = formatNotebooks({ write: !check });
  for (const cell of changed) console.log(`${check ? 'not formatted' : 'formatted'}: ${cell}`);
  process.exitCode = check && changed.length ? 1 : 0;
}

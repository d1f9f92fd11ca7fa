import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { codeBlocks, docsPages, root } from './pages.js';

it("the README's dozen lines run and print what it says", { timeout: 300_000 }, () => {
  const readme = docsPages().find(({ path }) => path === 'README.md')!;
  const [code] = codeBlocks(readme, 'js');
  const [printed] = codeBlocks(readme, '');
  const folder = mkdtempSync(join(tmpdir(), 'sdc-readme-'));
  try {
    const file = join(folder, 'readme.mjs');
    const toolkit = pathToFileURL(join(root, 'dist/index.js')).href;
    writeFileSync(file, code!.replace("'shared-concepts'", `'${toolkit}'`));
    expect(execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim()).toBe(printed!.trim());
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

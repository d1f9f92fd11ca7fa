import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNotebook, sourceOf } from '../../src/notebook/executeNotebook.js';
import { kernelName } from '../../src/notebook/kernel/kernelSpec.js';
import { formatNotebooks } from './formatNotebooks.mjs';
import { nbconvertVersion, notebookEnvironment, root, runNotebook } from './jupyter.js';

const folder = join(root, 'notebooks');
const names = readdirSync(folder).filter((name) => name.endsWith('.ipynb'));
const how = nbconvertVersion() ? 'Jupyter' : "the kernel's sockets";

const work = mkdtempSync(join(tmpdir(), 'sdc-notebooks-'));
let environment: Record<string, string>;
beforeAll(async () => {
  environment = await notebookEnvironment(work);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

it('there is a notebook to run', () => {
  expect(names).toContain('00_quickstart.ipynb');
});

it('the code of every cell is formatted (npm run format)', () => {
  expect(formatNotebooks({ write: false })).toEqual([]);
});

describe.each(names)('%s', (name) => {
  it('is kept without outputs, for this kernel, with cells short enough to read', async () => {
    const notebook = await readNotebook(join(folder, name));
    expect([notebook.nbformat, notebook.nbformat_minor]).toEqual([4, 5]);
    expect(notebook.metadata['kernelspec']).toMatchObject({ name: kernelName, language: 'typescript' });
    const ids = notebook.cells.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const cell of notebook.cells) {
      if (cell.cell_type !== 'code') continue;
      expect(cell.outputs, sourceOf(cell)).toEqual([]);
      expect(cell.execution_count).toBeNull();
      const lines = sourceOf(cell).split('\n');
      expect(lines.length, sourceOf(cell)).toBeLessThanOrEqual(12);
      for (const line of lines) expect(line.length, line).toBeLessThanOrEqual(96);
    }
  });

  it(`runs from its first cell to its last through ${how}`, { timeout: 300_000 }, async () => {
    const notebook = await runNotebook(join(folder, name), environment);
    const cells = notebook.cells.filter(({ cell_type }) => cell_type === 'code');
    expect(cells.map(({ execution_count }) => execution_count)).toEqual(cells.map((_, index) => index + 1));
    const errors = cells.flatMap(({ outputs }) =>
      outputs!.filter(({ output_type }) => output_type === 'error'),
    );
    expect(errors).toEqual([]);
  });
});

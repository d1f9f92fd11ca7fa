import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { FormatError, throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { openKernel } from './kernel/client.js';
import { kernelSpec } from './kernel/kernelSpec.js';
import type { Content } from './kernel/wire.js';

/** An output of a cell, as in a notebook file (nbformat 4.5). */
export interface NotebookOutput extends Content {
  output_type: 'stream' | 'display_data' | 'execute_result' | 'error';
}

export interface NotebookCell {
  id: string;
  cell_type: 'code' | 'markdown' | 'raw';
  source: string | string[];
  metadata: Content;
  execution_count?: number | null;
  outputs?: NotebookOutput[];
}

/** A notebook file (nbformat 4.5). */
export interface Notebook {
  cells: NotebookCell[];
  metadata: Content;
  nbformat: number;
  nbformat_minor: number;
}

/** What executing a notebook gave. */
export interface ExecutedNotebook {
  /** The notebook with its outputs. */
  notebook: Notebook;
  /** The first cell that failed, and its error; later cells were not run. */
  failure?: { cell: number; error: Content };
  seconds: number;
}

/** The text of a cell. */
export const sourceOf = (cell: NotebookCell) =>
  typeof cell.source === 'string' ? cell.source : cell.source.join('');

/** Reads a notebook; throws {@link FormatError} for what is none. */
export async function readNotebook(path: string): Promise<Notebook> {
  const notebook = JSON.parse(await readFile(path, 'utf8')) as Partial<Notebook>;
  if (!Array.isArray(notebook.cells) || notebook.nbformat !== 4) {
    throw new FormatError(path, 'is not a notebook of format 4', 'save it anew from Jupyter');
  }
  return notebook as Notebook;
}

/**
 * Executes a notebook from its first cell to its last in a fresh kernel of the toolkit, in the notebook's folder, and
 * stops at the first cell that fails. Jupyter itself is not needed.
 */
export async function executeNotebook(
  path: string,
  options: WorkOptions & { environment?: Record<string, string> } = {},
): Promise<ExecutedNotebook> {
  const notebook = structuredClone(await readNotebook(path));
  const started = performance.now();
  const seconds = () => (performance.now() - started) / 1000;
  const kernel = await openKernel(dirname(path), kernelSpec(), options.environment);
  const stop = () => void kernel.request('interrupt_request', {}, 'control').catch(() => {});
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    for (const [index, cell] of notebook.cells.entries()) {
      if (cell.cell_type !== 'code') continue;
      options.onProgress?.({ label: path, done: index, total: notebook.cells.length });
      const { reply, published } = await kernel.request('execute_request', { code: sourceOf(cell) });
      throwIfAborted(options.signal, path);
      cell.execution_count = reply['execution_count'] as number;
      cell.outputs = collectOutputs(published);
      if (reply['status'] !== 'ok')
        return { notebook, failure: { cell: index, error: reply }, seconds: seconds() };
    }
    return { notebook, seconds: seconds() };
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await kernel.close();
  }
}

/** The outputs of one cell: adjoining stream texts as one, displays with an id in their last state. */
function collectOutputs(published: readonly { type: string; content: Content }[]): NotebookOutput[] {
  const outputs: NotebookOutput[] = [];
  const byId = new Map<string, NotebookOutput>();
  for (const { type, content } of published) {
    const id = (content['transient'] as { display_id?: string } | undefined)?.display_id;
    const { transient: _, ...lasting } = content;
    if (type === 'stream') {
      const last = outputs.at(-1);
      if (last?.output_type === 'stream' && last['name'] === content['name'])
        last['text'] = `${last['text']}${content['text']}`;
      else outputs.push({ output_type: 'stream', ...content });
    } else if (type === 'update_display_data') {
      const shown = byId.get(id ?? '');
      if (shown) Object.assign(shown, lasting);
    } else if (type === 'display_data' || type === 'execute_result' || type === 'error') {
      const output: NotebookOutput = { output_type: type, ...lasting };
      if (id) byId.set(id, output);
      outputs.push(output);
    }
  }
  return outputs;
}

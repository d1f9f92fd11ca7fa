import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toolkitFolder } from '../notebook/kernel/resolvePackages.js';
import { writeSupplement } from '../notebook/writeSupplement.js';
import type { Command } from './command.js';

/** `sdc supplement`: every notebook executed, and a static site of the results. */
export const supplement: Command = {
  name: 'supplement',
  summary: 'execute every notebook and build a static site that needs no network',
  usage: '[--notebooks DIR] [--out DIR] [--only NAME…]',
  options: {
    notebooks: { type: 'string' },
    out: { type: 'string' },
    only: { type: 'string', multiple: true },
  },
  describe: {
    notebooks: "folder of the notebooks (default: ./notebooks, else the toolkit's own)",
    out: 'folder of the site (default: supplement)',
    only: 'name of a notebook to execute, 00_quickstart (may be given several times)',
  },
  positionals: [0, 0],
  async run({ options, print, signal, onProgress }) {
    const own = resolve('notebooks');
    const notebooks = existsSync(own) ? own : join(toolkitFolder, 'notebooks');
    const out = resolve(String(options['out'] ?? 'supplement'));
    const { notebooks: entries, studies } = await writeSupplement(
      resolve(String(options['notebooks'] ?? notebooks)),
      out,
      {
        only: options['only'] as string[] | undefined,
        signal,
        onProgress,
      },
    );
    for (const { notebook, figures, seconds } of entries)
      print(
        `${notebook.padEnd(32)} ${String(figures).padStart(3)} figures ${seconds.toFixed(1).padStart(6)} s`,
      );
    print(`wrote ${join(out, 'index.html')}`);
    return { out, notebooks: entries, studies };
  },
};

import { resolve } from 'node:path';
import { checkJupyter, openJupyter, prepareJupyter } from '../notebook/jupyter.js';
import { MissingError } from '../util/errors.js';
import type { Command } from './command.js';

/** `sdc jupyter`: everything for the notebooks made ready inside the folder, and the user's Jupyter opened on them. */
export const jupyter: Command = {
  name: 'jupyter',
  summary: 'open JupyterLab or Notebook on the notebooks, with the TypeScript kernel of this project',
  usage: '[FOLDER] [--check] [-- WORDS FOR JUPYTER…]',
  options: { check: { type: 'boolean' } },
  describe: { check: 'make everything ready and try the kernel, without opening Jupyter' },
  positionals: [0, 20],
  async run({ options, positionals, print }) {
    const isFolder = positionals[0] !== undefined && !positionals[0].startsWith('-');
    const folder = resolve(isFolder ? positionals[0]! : '.');
    const words = isFolder ? positionals.slice(1) : positionals;
    const written = await prepareJupyter(folder);
    for (const path of written) print(`wrote ${path}`);
    if (!options['check']) {
      await openJupyter(folder, words);
      return { written };
    }
    const lines = await checkJupyter(folder);
    for (const { name, ok, detail, fix } of lines) {
      print(`${ok ? '✓' : '✗'} ${name.padEnd(12)} ${detail}${fix ? `; mend: ${fix}` : ''}`);
    }
    const lack = lines.find(({ ok }) => !ok);
    if (lack) throw new MissingError(lack.name, lack.detail, lack.fix);
    return { written, checks: lines };
  },
};

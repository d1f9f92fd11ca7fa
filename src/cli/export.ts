import { InputError } from '../util/errors.js';
import { exportSnakefile, listUnitCommands } from '../workflow/exportStudy.js';
import type { Command } from './command.js';

export const exportCommand: Command = {
  name: 'export',
  summary: "Hands a study's units to a workflow manager: a Snakefile, or plain shell lines.",
  usage: 'STUDY --snakemake | --list',
  options: { snakemake: { type: 'boolean' }, list: { type: 'boolean' } },
  describe: {
    snakemake: 'write STUDY/Snakefile',
    list: 'print one shell command a unit, levels separated by blank lines',
  },
  positionals: [1, 1],
  async run({ positionals, options, print }) {
    const folder = positionals[0]!;
    if (options['snakemake']) {
      const path = await exportSnakefile(folder);
      print(`${path}; run it with: snakemake -s ${path} -j CORES`);
      return { path };
    }
    if (!options['list']) throw new InputError('options', 'none', '--snakemake or --list');
    const levels = await listUnitCommands(folder);
    for (const [index, level] of levels.entries()) {
      if (index) print('');
      for (const line of level) print(line);
    }
    return { levels };
  },
};

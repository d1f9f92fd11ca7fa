import { doctor as examine } from '../workflow/doctor.js';
import type { Command } from './command.js';

const marks = { ok: '✓', missing: '–', failed: '✗' };

export const doctor: Command = {
  name: 'doctor',
  summary: 'what is here, what is not, and the command that mends each lack',
  usage: '',
  options: {},
  describe: {},
  positionals: [0, 0],
  async run({ print }) {
    const findings = await examine();
    const width = Math.max(...findings.map(({ what }) => what.length));
    for (const { what, status, detail, fix } of findings) {
      print(`${marks[status]} ${what.padEnd(width)}  ${detail}`);
      if (fix) print(`  ${''.padEnd(width)}  → ${fix}`);
    }
    return findings;
  },
};

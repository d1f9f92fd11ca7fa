import { SharedConceptsError } from '../util/errors.js';
import { runNamedUnits } from '../workflow/runNamedUnits.js';
import type { Command } from './command.js';

export const unit: Command = {
  name: 'unit',
  summary: 'Runs single units of a study by their address, as schedulers do; up-to-date ones are left alone.',
  usage: 'STUDY UNIT… [--force]',
  options: { force: { type: 'boolean' } },
  describe: { force: 'run them even where nothing changed' },
  positionals: [2, Number.POSITIVE_INFINITY],
  async run({ positionals, options, print, threads, engine, signal, onProgress }) {
    const [study, ...ids] = positionals as [string, ...string[]];
    const force = Boolean(options['force']);
    const outcomes = await runNamedUnits(study, ids, { force, threads, engine, signal, onProgress });
    for (const { id, state, detail } of outcomes) print(`${id.padEnd(40)} ${state} ${detail}`);
    const failed = outcomes.filter(({ state }) => state === 'failed');
    if (failed.length) {
      throw new SharedConceptsError(
        'resource',
        failed.map(({ id, detail }) => `${id} failed: ${detail}`).join('\n'),
      );
    }
    return outcomes;
  },
};

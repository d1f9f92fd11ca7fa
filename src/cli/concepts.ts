import { join } from 'node:path';
import { tableText } from '../plot/tableHtml.js';
import { clusterName, readStudyConfig } from '../study/index.js';
import { InputError } from '../util/errors.js';
import { cardOverview } from '../workflow/cardOverview.js';
import { readCards } from '../workflow/readCards.js';
import type { Command } from './command.js';

export const concepts: Command = {
  name: 'concepts',
  summary: 'The concepts of a study: size, persistence, p, reproducibility, words, regions, negation.',
  usage: 'STUDY [--clustering NAME]',
  options: { clustering: { type: 'string' } },
  describe: { clustering: 'folder name of one clustering, as in concepts/ (default all)' },
  positionals: [1, 1],
  async run({ positionals, options, print }) {
    const folder = positionals[0]!;
    const { cluster } = await readStudyConfig(folder);
    const wanted = options['clustering'] as string | undefined;
    const chosen = cluster.filter((each) => wanted === undefined || clusterName(each) === wanted);
    if (chosen.length === 0)
      throw new InputError('--clustering', wanted, `one of ${cluster.map(clusterName).join(', ')}`);
    const found: Record<string, unknown> = {};
    for (const each of chosen) {
      const cards = await readCards(each, (path) => join(folder, path));
      found[clusterName(each)] = cards;
      print(`${clusterName(each)}: ${cards.length} ${cards.length === 1 ? 'concept' : 'concepts'}`);
      if (cards.length) for (const line of tableText(cardOverview(cards)).split('\n')) print(line);
      print('');
    }
    return found;
  },
};

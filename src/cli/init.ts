import { prepareJupyter } from '../notebook/jupyter.js';
import { InputError } from '../util/errors.js';
import { initStudy } from '../workflow/initStudy.js';
import type { Command } from './command.js';

const sizes = ['small', 'workshop', 'paper'] as const;

export const init: Command = {
  name: 'init',
  summary:
    'Makes a study folder (its study.json); "sdc run" does the rest. Without words, makes this folder ready for notebooks.',
  usage: '[SOURCE DIR] [--from DIR…] [--participants A,B…] [--size small|workshop|paper]',
  options: {
    from: { type: 'string', multiple: true },
    participants: { type: 'string', multiple: true },
    size: { type: 'string' },
  },
  describe: {
    from: 'local folder with the files of the source, searched before cache and network; may be repeated',
    participants: 'participants, separated by commas or spaces (default: all)',
    size: 'size of the phantom (default small)',
  },
  positionals: [0, Number.POSITIVE_INFINITY],
  async run({ options, positionals, print, seed }) {
    if (positionals.length === 0 && Object.keys(options).every((name) => !Object.hasOwn(init.options, name)))
      return initNotebooks(print);
    if (positionals.length < 2)
      throw new InputError('number of words', positionals.length, '2', 'usage: sdc init SOURCE DIR');
    const [source, folder, ...more] = positionals as [string, string, ...string[]];
    const size = options['size'] as (typeof sizes)[number] | undefined;
    if (size !== undefined && !sizes.includes(size))
      throw new InputError('--size', size, `one of ${sizes.join(', ')}`);
    const listed = [options['participants'] ?? []].flat().flatMap((words) => String(words).split(/[\s,]+/));
    // Words after --participants or --from that carry no option of their own belong to it.
    const participants = listed.length ? [...listed, ...more].filter(Boolean) : undefined;
    if (more.length && !participants)
      throw new InputError('number of words', positionals.length, '2', 'usage: sdc init SOURCE DIR');
    const from = [options['from'] ?? []].flat().map(String);
    const config = await initStudy(source, folder, { seed, from, participants, size });
    print(
      `${folder}/study.json: ${config.name}, ${config.participants.length} participants, seed ${config.seed}`,
    );
    print(`next: sdc run ${folder}`);
    return config;
  },
};

/** `sdc init` in a folder of one's own: the kernel's description and the notebooks, where they are not there yet. */
async function initNotebooks(print: (line: string) => void): Promise<unknown> {
  const written = await prepareJupyter(process.cwd());
  for (const path of written) print(`wrote ${path}`);
  if (written.length === 0) print('everything is here already');
  print('next: npx sdc jupyter');
  return { written };
}

import type { RecoveryScore } from '../phantom/index.js';
import { InputError } from '../util/errors.js';
import { demo as runDemo } from '../workflow/demo.js';
import type { Command } from './command.js';
import { wholeNumber } from './options.js';

const sizes = ['small', 'workshop', 'paper'] as const;

export const demo: Command = {
  name: 'demo',
  summary: 'Makes the phantom study, runs every stage, and prints planted against found.',
  usage: '[--out DIR] [--size small|workshop|paper] [--jobs N]',
  options: { out: { type: 'string' }, size: { type: 'string' }, jobs: { type: 'string' } },
  describe: {
    out: 'folder of the study (default phantom-study)',
    size: 'small: under a minute; workshop: a few minutes; paper: as large as NSD (default small)',
    jobs: 'units side by side, as far as cores and memory go (default: the cores, at most 4)',
  },
  positionals: [0, 0],
  async run({ options, print, threads, engine, seed, signal, onProgress }) {
    const folder = (options['out'] as string | undefined) ?? 'phantom-study';
    const size = (options['size'] as (typeof sizes)[number] | undefined) ?? 'small';
    if (!sizes.includes(size)) throw new InputError('--size', size, `one of ${sizes.join(', ')}`);
    const jobs = wholeNumber(options, 'jobs', 1);
    const made = await runDemo(folder, {
      ...{ size, seed, jobs, threads, engine, signal, onProgress },
      onUnit: (unit, state, detail) => {
        if (state === 'finished') print(`${unit.id.padEnd(44)} ${detail}`);
      },
    });
    for (const [kind, score] of Object.entries(made.recovery))
      for (const line of recoveryLines(kind, score)) print(line);
    print('');
    print(`report:    ${made.report}`);
    print('notebooks: npm run jupyter');
    return made;
  },
};

function recoveryLines(kind: string, { planted, falseClusters, ari }: RecoveryScore): string[] {
  const number = (value: number | null) => (value === null ? '–' : value.toFixed(2)).padStart(9);
  const mark = ({ shared, found }: RecoveryScore['planted'][number]) => (shared === found ? '✓' : '✗');
  const width = Math.max(...planted.map(({ name }) => name.length), 8);
  const word = (concept: RecoveryScore['planted'][number]) => (concept.found ? 'found' : 'not found');
  const head = `  ${'planted'.padEnd(width)}  ${'kind'.padEnd(8)} ${'result'.padEnd(10)}${['cosine', 'bent', 'precision', 'recall'].map((name) => name.padStart(10)).join('')}`;
  return [
    ...['', `${kind}: planted against found`, head],
    ...planted.map((concept) => {
      const values = [concept.cosine, concept.bentCosine, concept.precision, concept.recall]
        .map(number)
        .join(' ');
      return `${mark(concept)} ${concept.name.padEnd(width)}  ${concept.kind.padEnd(8)} ${word(concept).padEnd(10)} ${values}`;
    }),
    `  false clusters ${falseClusters}, adjusted Rand index ${ari.toFixed(3)}`,
  ];
}

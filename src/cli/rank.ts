import { rankImages } from '../concepts/index.js';
import { readTable, writeTable } from '../data/index.js';
import { FormatError } from '../util/index.js';
import type { Command } from './command.js';
import { realNumber, wholeNumber } from './options.js';
import { namingFile, readRowsFile, requiredOption } from './vectorFiles.js';

export const rank: Command = {
  name: 'rank',
  summary: 'most and least associated stimuli of each vector',
  usage: '--vectors V.npy --embeddings E.npy [--top N] [--stimuli S.tsv] --out FILE.tsv',
  options: {
    vectors: { type: 'string' },
    embeddings: { type: 'string' },
    top: { type: 'string' },
    stimuli: { type: 'string' },
    'duplicate-cosine': { type: 'string' },
    out: { type: 'string' },
  },
  describe: {
    vectors: 'nVectors × nDims',
    embeddings: 'nStimuli × nDims, row order = stimuli',
    top: 'how many of each side (default 20)',
    stimuli: 'table with a row a stimulus, whose columns are added',
    'duplicate-cosine':
      'leave out stimuli this close to one ranked before (default off; 0.98 drops near-identical ones)',
    out: 'table to write: vector, side, rank, stimulus, score, z',
  },
  positionals: [0, 0],
  async run({ options, print, signal, onProgress }) {
    const out = requiredOption(options, 'out');
    const files = {
      vectors: requiredOption(options, 'vectors'),
      embeddings: requiredOption(options, 'embeddings'),
    };
    const top = wholeNumber(options, 'top', 1);
    const duplicateCosine = realNumber(options, 'duplicate-cosine');
    const vectors = await readRowsFile(files.vectors);
    const embeddings = await readRowsFile(files.embeddings);
    const stimuli = options['stimuli'] as string | undefined;
    const added = stimuli ? await readTable(stimuli) : undefined;
    if (added && added.numRows() !== embeddings.shape[0]) {
      throw new FormatError(
        stimuli!,
        `has ${added.numRows()} rows; ${files.embeddings} has ${embeddings.shape[0]}`,
        'use the table in the row order of the embeddings',
      );
    }
    const { table } = await namingFile(files, () =>
      rankImages(vectors, embeddings, { top, duplicateCosine, signal, onProgress }),
    );
    const rows = Array.from(table.array('stimulus') as number[]);
    const columns = Object.fromEntries(
      table.columnNames().map((name) => [name, table.array(name) as number[]]),
    );
    for (const name of added?.columnNames() ?? []) {
      const values = added!.array(name) as unknown as (string | number)[];
      columns[name in columns ? `stimuli_${name}` : name] = rows.map((row) => values[row]!) as number[];
    }
    await writeTable(out, columns);
    print(`${vectors.shape[0]} vectors ranked over ${embeddings.shape[0]} stimuli: ${out}`);
    for (let v = 0; v < Math.min(vectors.shape[0], 20); v++) {
      const of = (side: string) =>
        rows
          .filter((_, i) => columns['vector']![i] === v && columns['side']![i] === (side as never))
          .slice(0, 5);
      print(`${String(v).padStart(4)}  most ${of('most').join(' ')}  least ${of('least').join(' ')}`);
    }
    return { out, nVectors: vectors.shape[0], nStimuli: embeddings.shape[0], nRows: rows.length };
  },
};

import { labelConcept } from '../concepts/index.js';
import { meanRow } from '../concepts/labelConcept.js';
import { writeTable } from '../data/index.js';
import { unitRows } from '../embed/cosineSimilarities.js';
import { FormatError, InputError } from '../util/index.js';
import type { Command } from './command.js';
import { wholeNumber } from './options.js';
import { namingFile, readRowsFile, readWords, requiredOption } from './vectorFiles.js';

export const label: Command = {
  name: 'label',
  summary: 'words nearest to and farthest from each vector',
  usage: '--vectors V.npy --words W.npy --names N.txt [--top N] --out FILE.tsv',
  options: {
    vectors: { type: 'string' },
    words: { type: 'string' },
    names: { type: 'string' },
    top: { type: 'string' },
    correction: { type: 'string' },
    embeddings: { type: 'string' },
    out: { type: 'string' },
  },
  describe: {
    vectors: 'nVectors × nDims',
    words: 'text embeddings of the words, nWords × nDims',
    names: 'the words, one a line (or a tsv with a column "word")',
    top: 'how many of each side (default 20)',
    correction: '"mean" takes out what all words share (default), "none" is the plain cosine',
    embeddings: 'image embeddings, whose mean direction is taken out as well (default none)',
    out: 'table to write: vector, side, rank, word, row, score, cosine, z',
  },
  positionals: [0, 0],
  async run({ options, print, signal, onProgress }) {
    const out = requiredOption(options, 'out');
    const files = { vectors: requiredOption(options, 'vectors'), word: requiredOption(options, 'words') };
    const namesFile = requiredOption(options, 'names');
    const correction = (options['correction'] ?? 'mean') as 'mean' | 'none';
    if (correction !== 'mean' && correction !== 'none') {
      throw new InputError('--correction', correction, '"mean" or "none"');
    }
    const top = wholeNumber(options, 'top', 1);
    const vectors = await readRowsFile(files.vectors);
    const words = await readRowsFile(files.word);
    const names = await readWords(namesFile);
    if (names.length !== words.shape[0]) {
      throw new FormatError(namesFile, `has ${names.length} words; ${files.word} has ${words.shape[0]} rows`);
    }
    const images = options['embeddings'] as string | undefined;
    const imageMean = images
      ? Float32Array.from(meanRow(unitRows(await readRowsFile(images), images)))
      : undefined;
    const { table } = await namingFile(files, () =>
      labelConcept(vectors, { names, embeddings: words }, { top, correction, imageMean, signal, onProgress }),
    );
    await writeTable(out, table);
    print(`${vectors.shape[0]} vectors labelled from ${names.length} words: ${out}`);
    const [vector, side, word] = ['vector', 'side', 'word'].map((name) => table.array(name) as unknown[]);
    for (let v = 0; v < Math.min(vectors.shape[0], 20); v++) {
      const nearest = word!.filter((_, i) => vector![i] === v && side![i] === 'most').slice(0, 6);
      print(`${String(v).padStart(4)}  ${nearest.join(', ')}`);
    }
    return { out, nVectors: vectors.shape[0], nWords: names.length, nRows: table.numRows() };
  },
};

import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { label } from '../../src/cli/label.js';
import { rank } from '../../src/cli/rank.js';
import { rankImages } from '../../src/concepts/index.js';
import { readTable, writeNpy } from '../../src/data/index.js';
import { normalMatrix } from '../concepts/helpers.js';

let folder: string;
const at = (name: string) => join(folder, name);
const call = (
  command: typeof rank,
  options: Record<string, string>,
  print: (line: string) => void = () => {},
) => command.run({ options, positionals: [], print, threads: 1 });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rank-'));
  await writeNpy(at('v.npy'), normalMatrix(3, 8, 'v'));
  await writeNpy(at('e.npy'), normalMatrix(50, 8, 'e'));
  await writeFile(at('names.txt'), Array.from({ length: 50 }, (_, i) => `word ${i}\n`).join(''));
  await writeFile(
    at('s.tsv'),
    `stimulus\tfile\n${Array.from({ length: 50 }, (_, i) => `${i + 1}\t${i}.png\n`).join('')}`,
  );
});
afterAll(() => rm(folder, { recursive: true }));

describe('sdc rank', () => {
  it('writes what rankImages gives, with the columns of the stimuli beside it', async () => {
    const lines: string[] = [];
    const options = {
      vectors: at('v.npy'),
      embeddings: at('e.npy'),
      top: '4',
      stimuli: at('s.tsv'),
      out: at('r.tsv'),
    };
    await call(rank, options, (line) => lines.push(line));
    const written = await readTable(at('r.tsv'));
    expect(written.columnNames().slice(0, 5)).toEqual(['vector', 'side', 'rank', 'stimulus', 'score']);
    const { table } = await rankImages(normalMatrix(3, 8, 'v'), normalMatrix(50, 8, 'e'), { top: 4 });
    const plain = (values: unknown) => Array.from(values as number[]);
    for (const name of table.columnNames())
      expect(plain(written.array(name))).toEqual(plain(table.array(name)));
    expect(plain(written.array('file'))).toEqual(plain(written.array('stimulus')).map((row) => `${row}.png`));
    expect(plain(written.array('stimuli_stimulus'))).toEqual(
      plain(written.array('stimulus')).map((row) => row + 1),
    );
    expect(lines).toHaveLength(4);
  });

  it('writes the same bytes twice', async () => {
    const options = { vectors: at('v.npy'), embeddings: at('e.npy') };
    await call(rank, { ...options, out: at('one.tsv') });
    await call(rank, { ...options, out: at('two.tsv') });
    expect(await readFile(at('one.tsv'))).toEqual(await readFile(at('two.tsv')));
  });

  it('names the file that does not fit and writes nothing', async () => {
    const bad = normalMatrix(50, 8, 'e');
    bad.data[17 * 8 + 3] = Number.NaN;
    await writeNpy(at('nan.npy'), bad);
    bad.data.fill(0, 17 * 8, 18 * 8);
    await writeNpy(at('zero.npy'), bad);
    await writeNpy(at('seven.npy'), normalMatrix(50, 7, 'e'));
    const before = await readdir(folder);
    const refuse = (options: Record<string, string>) =>
      expect(call(rank, { vectors: at('v.npy'), embeddings: at('e.npy'), out: at('no.tsv'), ...options }))
        .rejects;
    await refuse({ embeddings: at('nan.npy') }).toThrow(
      `${at('nan.npy')}: row 17, column 3 is NaN; must be finite`,
    );
    await refuse({ embeddings: at('zero.npy') }).toThrow(
      `${at('zero.npy')}: length of embeddings row 17 is 0`,
    );
    await refuse({ embeddings: at('seven.npy') }).toThrow('nDims of the vectors is 8; must be 7');
    await refuse({ stimuli: at('r.tsv') }).toThrow(/r\.tsv: has 24 rows; .*e\.npy has 50/);
    await refuse({ vectors: at('none.npy') }).toThrow('none.npy');
    await refuse({ vectors: '' }).toThrow('--vectors is ""; must be given');
    expect(await readdir(folder)).toEqual(before);
  });
});

describe('sdc label', () => {
  it('writes words with their scores', async () => {
    await call(label, {
      vectors: at('v.npy'),
      words: at('e.npy'),
      names: at('names.txt'),
      top: '2',
      out: at('l.tsv'),
    });
    const written = await readTable(at('l.tsv'));
    expect(written.columnNames().slice(0, 4)).toEqual(['vector', 'side', 'rank', 'word']);
    expect(written.numRows()).toBe(3 * 2 * 2);
    expect(Array.from(written.array('word'))).toEqual(
      Array.from(written.array('row') as number[], (row) => `word ${row}`),
    );
  });

  it('ranks by the plain cosine with --correction none', async () => {
    const options = { vectors: at('v.npy'), words: at('e.npy'), names: at('names.txt'), correction: 'none' };
    await call(label, { ...options, top: '4', out: at('plain.tsv') });
    const { table } = await rankImages(normalMatrix(3, 8, 'v'), normalMatrix(50, 8, 'e'), { top: 4 });
    const written = await readTable(at('plain.tsv'));
    expect(Array.from(written.array('row') as number[])).toEqual(
      Array.from(table.array('stimulus') as number[]),
    );
    await expect(call(label, { ...options, correction: 'some', out: at('no.tsv') })).rejects.toThrow(
      '--correction',
    );
  });

  it('names a list of words of another length', async () => {
    await writeFile(at('short.txt'), 'one\ntwo\n');
    const options = { vectors: at('v.npy'), words: at('e.npy'), out: at('no.tsv') };
    await expect(call(label, { ...options, names: at('short.txt') })).rejects.toThrow(
      /short\.txt: has 2 words; .*e\.npy has 50 rows/,
    );
    await expect(call(label, { ...options, names: at('none.txt') })).rejects.toThrow('none.txt is missing');
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { table } from 'arquero';
import { describe, expect, it } from 'vitest';
import { readColumns, readTable, writeTable } from '../../src/data/index.js';
import { FormatError, randomStream } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

function tableFile(name: string, text: string): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, text);
  return path;
}

describe('readTable', () => {
  it('gives an arquero table with typed columns in the order of the file', async () => {
    const path = tableFile('t.tsv', 'run\tonset\tname\n1\t0.5\tface\n2\t1e3\tplace\n');
    const trials = await readTable(path);
    expect(trials.columnNames()).toEqual(['run', 'onset', 'name']);
    expect(trials.column('run')).toEqual(Int32Array.of(1, 2));
    expect(trials.column('onset')).toEqual(Float64Array.of(0.5, 1000));
    expect(trials.column('name')).toEqual(['face', 'place']);
    expect(trials.numRows()).toBe(2);
  });

  it.each<[string, string[], ArrayLike<unknown>]>([
    ['n/a in numbers is null', ['1', 'n/a', '3'], [1, null, 3]],
    ['an empty field in numbers is null', ['1.5', '', '2'], [1.5, null, 2]],
    ['n/a in text is null and an empty field is empty text', ['a', 'n/a', ''], ['a', null, '']],
    ['only n/a', ['n/a', 'n/a', 'n/a'], [null, null, null]],
    ['only empty fields are text', ['', '', ''], ['', '', '']],
    ['needless zeros keep a column text', ['01', '02', '10'], ['01', '02', '10']],
    ['integers beyond 2^53 stay text', ['9007199254740993', '1', '2'], ['9007199254740993', '1', '2']],
    ['integers beyond int32 are float64', ['3000000000', '1', '2'], Float64Array.of(3e9, 1, 2)],
    [
      'NaN and infinities are numbers',
      ['NaN', '-inf', 'Infinity'],
      Float64Array.of(Number.NaN, -1 / 0, 1 / 0),
    ],
    ['signs, points and exponents', ['+1', '.5', '-2.E-3'], Float64Array.of(1, 0.5, -0.002)],
    ['minus zero', ['-0', '1', '2'], Float64Array.of(-0, 1, 2)],
    [
      'dates, hexadecimals and words are text',
      ['2020-01-01', '0x10', 'true'],
      ['2020-01-01', '0x10', 'true'],
    ],
    ['spaces make text', [' 1', '2', '3'], [' 1', '2', '3']],
  ])('types a column: %s', async (_, fields, expected) => {
    const path = tableFile('t.tsv', `key\tx\n${fields.map((field, i) => `${i}\t${field}\n`).join('')}`);
    expect((await readColumns(path))['x']).toEqual(expected);
  });

  it('reads quoted fields with delimiters, quotes and line breaks, CRLF, and a byte order mark', async () => {
    const path = tableFile('t.csv', '\ufeffa,b\r\n"x, ""y""\nz",1\r\n"",2\r\n');
    expect(await readColumns(path)).toEqual({ a: ['x, "y"\nz', ''], b: Int32Array.of(1, 2) });
    expect(await readColumns(tableFile('u.csv', 'a,b\r\n1,x\r\n'))).toEqual({
      a: Int32Array.of(1),
      b: ['x'],
    });
    expect(await readColumns(tableFile('v.csv', '"a",b\nx,'))).toEqual({ a: ['x'], b: [''] });
  });

  it('keeps columns as text on request', async () => {
    const path = tableFile('t.tsv', 'word\n1\n2\n');
    expect(await readColumns(path, { text: ['word'] })).toEqual({ word: ['1', '2'] });
  });

  it('reads a header alone as columns without rows', async () => {
    expect((await readTable(tableFile('t.tsv', 'a\tb\n'))).numRows()).toBe(0);
  });

  it.each([
    ['an empty file', '', /is empty/],
    ['a short row', 'a\tb\n1\t2\n3\n', /row 2 has 1 fields; the header has 2/],
    ['a long row', 'a\n1\t2\n', /row 1 has 2 fields/],
    ['a name twice', 'a\ta\n', /two columns named "a"/],
    ['a quote that does not end', 'a\n"x\n', /does not end/],
    ['text after a quote', 'a\n"x"y\n', /follows a quoted/],
  ])('refuses %s by name', async (_, text, message) => {
    const error = await readTable(tableFile('bad.tsv', text)).catch((e: Error) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuses a file that is not there or is neither .tsv nor .csv', async () => {
    await expect(readTable('/no/such.tsv')).rejects.toThrow('/no/such.tsv is missing');
    await expect(readTable('a.xlsx')).rejects.toThrow('must be named .tsv or .csv');
  });
});

describe('writeTable', () => {
  it('writes what readTable reads back: typed columns, nulls, awkward text', async () => {
    const columns = {
      stimulus: Int32Array.of(3, -1, 0),
      score: Float64Array.of(0.1, 1e17, Number.NaN),
      missing: [null, 2.5, null],
      text: ['a\tb', 'say "x"\nand y', ''],
      'a column': ['01', null, 'ü'],
    };
    for (const name of ['t.tsv', 't.csv']) {
      const path = join(temporaryFolder(), name);
      await writeTable(path, columns);
      expect(await readColumns(path)).toEqual(columns);
      await writeTable(path, table(columns));
      expect(await readColumns(path)).toEqual(columns);
    }
  });

  it('writes float32 columns in the shortest text that reads back as the same float32', async () => {
    const values = randomStream(4, 'text').normals(new Float32Array(2000));
    for (let i = 0; i < values.length; i++) values[i] *= 10 ** ((i % 76) - 40);
    values.set([0.1, 16777216, 3.4028234663852886e38, 1e-45, 123456.7]);
    const path = join(temporaryFolder(), 't.tsv');
    await writeTable(path, { x: values });
    const back = (await readColumns(path))['x'];
    expect(back).toBeInstanceOf(Float64Array);
    expect(Float32Array.from(back as Float64Array)).toEqual(values);
    const text = readFileSync(path, 'utf8');
    await writeTable(path, table({ x: values }));
    expect(readFileSync(path, 'utf8')).toBe(text);
    expect(text).toMatch(/^x\n0\.1\n16777216\n3\.4028235e\+38\n1e-45\n123456\.7\n/);
  });

  it('follows the order and filter of an arquero table', async () => {
    const path = join(temporaryFolder(), 't.tsv');
    const ordered = table({ x: [3, 1, 2] })
      .filter((row: { x: number }) => row.x < 3)
      .orderby('x');
    await writeTable(path, ordered);
    expect(readFileSync(path, 'utf8')).toBe('x\n1\n2\n');
  });

  it('keeps rows of one empty field', async () => {
    const path = join(temporaryFolder(), 't.tsv');
    await writeTable(path, { x: ['a', '', ''] });
    expect(await readColumns(path)).toEqual({ x: ['a', '', ''] });
  });

  it('refuses columns of unequal length and a table without columns', async () => {
    const path = join(temporaryFolder(), 't.tsv');
    await expect(writeTable(path, { a: [1, 2], b: [1] })).rejects.toThrow(
      'length of column b is 1; must be 2',
    );
    await expect(writeTable(path, {})).rejects.toThrow('at least one');
  });
});

import { type Column, readColumns, writeTable } from '../data/table.js';
import { FormatError, InputError } from '../util/errors.js';
import { countRepetitions } from './countRepetitions.js';
import type { Split, Trials } from './types.js';

const ownColumns = ['stimulus', 'session', 'run', 'repetition', 'split'];

/**
 * Reads a trial table (`trials.tsv`, or `.csv`): one row a trial, in the row order of the betas. Only `stimulus`
 * must be there. Without `session` or `run` every trial is in session or run 1; without `repetition` the showings
 * are counted; without `split` every trial trains. Other columns are kept in `extra` (missing numbers as NaN,
 * missing text as "").
 *
 * @throws FileError, FormatError for a column that is missing or holds what it must not, with its row
 */
export async function readTrials(path: string): Promise<Trials> {
  const columns = await readColumns(path);
  if (!columns['stimulus']) throw new FormatError(path, 'has no column "stimulus"');
  const stimulus = integers(columns['stimulus'], 'stimulus', path);
  const nTrials = stimulus.length;
  const orOnes = (name: string) =>
    columns[name] ? integers(columns[name], name, path) : new Int32Array(nTrials).fill(1);
  const repetition = columns['repetition'];
  const extra = Object.entries(columns).filter(([name]) => !ownColumns.includes(name));
  return {
    nTrials,
    stimulus,
    session: orOnes('session'),
    run: orOnes('run'),
    repetition: repetition ? integers(repetition, 'repetition', path) : countRepetitions(stimulus),
    split: columns['split'] ? splits(columns['split'], path) : new Array<Split>(nTrials).fill('train'),
    extra: Object.fromEntries(extra.map(([name, column]) => [name, withoutNulls(column)])),
  };
}

/** Writes a trial table as {@link readTrials} reads it; whole or not at all. NaN is written as `n/a`. */
export async function writeTrials(path: string, trials: Trials): Promise<void> {
  const { nTrials, stimulus, session, run, repetition, split, extra } = trials;
  const columns = { stimulus, session, run, repetition, split };
  for (const [name, column] of Object.entries({ ...columns, ...extra })) {
    if (column.length !== nTrials)
      throw new InputError(`length of column ${name}`, column.length, `${nTrials}`);
  }
  const others = Object.entries(extra).map(([name, column]) => [name, column.map(nanAsNull)] as const);
  await writeTable(path, { ...columns, ...Object.fromEntries(others) });
}

const nanAsNull = (value: string | number) => (Number.isNaN(value) ? null : value);

function integers(column: Column, name: string, path: string): Int32Array {
  if (column instanceof Int32Array && !column.some((value) => value < 0)) return column;
  for (let row = 0; row < column.length; row++) {
    const value = column[row];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > 0x7fffffff) {
      const shown = value === null || value === '' ? 'missing' : JSON.stringify(value);
      throw new FormatError(path, `${name} of row ${row + 1} is ${shown}`, 'it must be an integer from 0');
    }
  }
  return Int32Array.from(column as ArrayLike<number>);
}

function splits(column: Column, path: string): Split[] {
  return Array.from(column, (value, row) => {
    if (value === 'train' || value === 'validation' || value === 'test') return value;
    throw new FormatError(
      path,
      `split of row ${row + 1} is ${JSON.stringify(value)}`,
      'it must be train, validation or test',
    );
  });
}

function withoutNulls(column: Column): (string | number)[] {
  const isNumeric = Array.from(column).every((value) => value === null || typeof value === 'number');
  return Array.from(column, (value) => (value as string | number | null) ?? (isNumeric ? Number.NaN : ''));
}

import { extname } from 'node:path';
import type { ColumnTable, Table } from 'arquero';
import { FormatError, InputError } from '../util/errors.js';
import { parseDelimited, quoteField } from './delimited.js';
import { readBytes } from './file.js';
import { writeText } from './writeAtomically.js';

/** A column of a table: numbers in a typed array where none is missing, else values with null for missing. */
export type Column = ArrayLike<number | string | boolean | bigint | null | undefined>;

/** How tables are read. */
export interface ReadTableOptions {
  /** Columns that stay text even where every field is a number. */
  text?: readonly string[];
}

/**
 * Reads a TSV or CSV file (by its extension, `.tsv` or `.csv`; UTF-8; a header line) as an arquero table.
 * Each column is typed by all of its fields: integers that fit are an Int32Array, other numbers a Float64Array,
 * anything else text. `n/a` (as in BIDS) is null anywhere, an empty field is null in a column of numbers and ""
 * in one of text; a column of numbers with nulls is a plain array. `NaN`, `inf` and `-inf` are numbers. A column
 * with an integer that starts with a needless zero (`01`) or is beyond 2^53 is text, so that nothing is lost.
 *
 * @throws FileError if there is no such file; FormatError for a row with another number of fields than the
 *   header, or a column named twice; InputError for another extension
 * @example
 * const trials = await readTable('sub-01/trials.tsv');
 * trials.column('stimulus'); // Int32Array
 */
export async function readTable(path: string, options: ReadTableOptions = {}): Promise<ColumnTable> {
  const { table } = await import('arquero');
  return table(await readColumns(path, options)) as ColumnTable;
}

/** The columns of a TSV or CSV file by name, typed as {@link readTable} says. */
export async function readColumns(
  path: string,
  { text = [] }: ReadTableOptions = {},
): Promise<Record<string, Column>> {
  const delimiter = delimiterOf(path);
  const rows = parseDelimited(new TextDecoder().decode(await readBytes(path)), delimiter, path);
  const names = rows.shift();
  if (!names) throw new FormatError(path, 'is empty; must have a header line');
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new FormatError(path, `has two columns named ${JSON.stringify(twice)}`);
  rows.forEach((row, index) => {
    if (row.length === names.length) return;
    throw new FormatError(path, `row ${index + 1} has ${row.length} fields; the header has ${names.length}`);
  });
  return Object.fromEntries(
    names.map((name, index) => {
      const fields = rows.map((row) => row[index]!);
      return [name, text.includes(name) ? textColumn(fields) : typedColumn(fields)];
    }),
  );
}

const numberPattern = /^[+-]?(?:(?:0|[1-9]\d*)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const special: Record<string, number> = {
  ...{ nan: Number.NaN, inf: Number.POSITIVE_INFINITY, infinity: Number.POSITIVE_INFINITY },
  ...{ '+inf': Number.POSITIVE_INFINITY, '-inf': Number.NEGATIVE_INFINITY },
  '-infinity': Number.NEGATIVE_INFINITY,
};
const isMissing = (field: string) => field === 'n/a' || field === '';

function typedColumn(fields: readonly string[]): Column {
  const values: (number | null)[] = new Array(fields.length);
  let anyMissing = false;
  let anyNumber = false;
  let allInt32 = true;
  for (let row = 0; row < fields.length; row++) {
    const field = fields[row]!;
    if (isMissing(field)) {
      values[row] = null;
      anyMissing = true;
      continue;
    }
    const value = numberPattern.test(field) ? Number(field) : special[field.toLowerCase()];
    if (value === undefined) return textColumn(fields);
    const isInteger = /^[+-]?\d+$/.test(field);
    if (isInteger && !Number.isSafeInteger(value)) return textColumn(fields);
    values[row] = value;
    anyNumber = true;
    allInt32 &&= isInteger && (value | 0) === value && !Object.is(value, -0);
  }
  if (!anyNumber) return textColumn(fields);
  if (anyMissing) return values;
  return allInt32 ? Int32Array.from(values as number[]) : Float64Array.from(values as number[]);
}

function textColumn(fields: readonly string[]): Column {
  return fields.map((field) => (field === 'n/a' ? null : field));
}

/**
 * Writes a table (an arquero table, or columns of equal length by name) as TSV or CSV, by the extension, whole or
 * not at all. Null and undefined become `n/a`; numbers are written as the shortest text that reads back as the
 * same number (the same float32 for a Float32Array); rows keep their order, filtered rows are left out.
 *
 * @throws InputError for columns of unequal length, none at all, or another extension; FileError, ResourceError
 */
export async function writeTable(
  path: string,
  table: Table | Readonly<Record<string, Column>>,
): Promise<void> {
  const delimiter = delimiterOf(path);
  const columns = Object.entries(isTable(table) ? columnsOf(table) : table);
  if (!columns.length) throw new InputError('columns of the table', 0, 'at least one');
  const nRows = columns[0]![1].length;
  for (const [name, { length }] of columns) {
    if (length !== nRows)
      throw new InputError(`length of column ${name}`, length, `${nRows}, as the first column`);
  }
  const lines = [columns.map(([name]) => quoteField(name, delimiter)).join(delimiter)];
  for (let row = 0; row < nRows; row++) {
    lines.push(columns.map(([, column]) => quoteField(fieldText(column, row), delimiter)).join(delimiter));
  }
  // A lone empty field would be an empty line, which readers drop.
  const text = `${columns.length === 1 ? lines.map((line) => line || '""').join('\n') : lines.join('\n')}\n`;
  await writeText(path, text);
}

function isTable(table: Table | Readonly<Record<string, Column>>): table is Table {
  return typeof (table as Table).columnNames === 'function' && typeof (table as Table).numRows === 'function';
}

function columnsOf(table: Table): Record<string, Column> {
  return Object.fromEntries(
    table.columnNames().map((name) => {
      const isFloat32 = table.column(name) instanceof Float32Array;
      return [name, table.array(name, isFloat32 ? Float32Array : Array) as Column];
    }),
  );
}

function fieldText(column: Column, row: number): string {
  const value = column[row];
  if (value === null || value === undefined) return 'n/a';
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf';
  if (Object.is(value, -0)) return '-0';
  return numberText(column instanceof Float32Array ? shortestFloat32(value) : value);
}

/** The shortest text of a number; beyond 2^53 with an exponent, to tell a measure from an exact integer. */
function numberText(value: number): string {
  return Number.isInteger(value) && !Number.isSafeInteger(value) ? value.toExponential() : String(value);
}

/** The number of fewest decimal digits that rounds to a float32 value. */
function shortestFloat32(value: number): number {
  // Six digits of a normal float32 are those of any shorter text that rounds to it; subnormal ones have fewer.
  for (let digits = Math.abs(value) < 2 ** -126 ? 1 : 6; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number(value.toPrecision(9));
}

function delimiterOf(path: string): string {
  const extension = extname(path).toLowerCase();
  if (extension === '.tsv') return '\t';
  if (extension === '.csv') return ',';
  throw new InputError('table file', path, 'named .tsv or .csv');
}

import { InputError } from '../util/errors.js';
import { escapeHtml } from './html.js';

/** Named columns of equal length. */
export interface TableColumns {
  readonly names: readonly string[];
  readonly columns: readonly ArrayLike<unknown>[];
  readonly nRows: number;
}

interface ArqueroLike {
  columnNames(): string[];
  array(name: string): ArrayLike<unknown>;
  numRows(): number;
}

interface DanfoLike {
  columns: string[];
  values: unknown[][];
  index: (string | number)[];
  shape: [number, number];
}

/** What is shown as a table: an arquero table, a danfojs DataFrame, a list of row objects, or columns by name. */
export type TableLike =
  | ArqueroLike
  | DanfoLike
  | readonly object[]
  | Readonly<Record<string, ArrayLike<unknown>>>;

const isArquero = (value: object): value is ArqueroLike =>
  typeof (value as ArqueroLike).columnNames === 'function' &&
  typeof (value as ArqueroLike).numRows === 'function';

const isDanfo = (value: object): value is DanfoLike =>
  Array.isArray((value as DanfoLike).columns) &&
  Array.isArray((value as DanfoLike).values) &&
  'index' in value;

/** Whether a value can be shown as a table. */
export function isTable(value: unknown): value is TableLike {
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return false;
  if (isArquero(value) || isDanfo(value)) return true;
  if (Array.isArray(value)) {
    return (
      value.length > 0 && value.every((row) => typeof row === 'object' && row !== null && !Array.isArray(row))
    );
  }
  const columns = Object.values(value);
  return columns.length > 0 && columns.every((column) => Array.isArray(column) || ArrayBuffer.isView(column));
}

/** The columns of any of the kinds of table. Throws {@link InputError} if columns differ in length. */
export function tableColumns(table: TableLike): TableColumns {
  if (isArquero(table)) {
    const names = table.columnNames();
    return { names, columns: names.map((name) => table.array(name)), nRows: table.numRows() };
  }
  if (isDanfo(table)) {
    const columns = table.columns.map((_, i) => table.values.map((row) => row[i]));
    return { names: table.columns.map(String), columns, nRows: table.shape[0] };
  }
  if (Array.isArray(table)) {
    const rows = table as readonly Readonly<Record<string, unknown>>[];
    const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return { names, columns: names.map((name) => rows.map((row) => row[name])), nRows: rows.length };
  }
  const names = Object.keys(table);
  const columns = Object.values(table as Record<string, ArrayLike<unknown>>);
  const nRows = columns[0]?.length ?? 0;
  columns.forEach((column, i) => {
    if (column.length !== nRows)
      throw new InputError(`column ${names[i]}`, column.length, `${nRows} values long`);
  });
  return { names, columns, nRows };
}

export interface TableOptions {
  caption?: string;
  /** Rows shown at most; the rest is counted. 40 by default. */
  maxRows?: number;
}

/**
 * A table as HTML: numbers to the right at four significant digits, missing values as a dash. Everything is
 * escaped.
 *
 * @example tableHtml([{ cluster: 0, voxels: 412 }], { caption: 'Clusters' })
 */
export function tableHtml(table: TableLike, options: TableOptions = {}): string {
  const { names, columns, nRows } = tableColumns(table);
  const nShown = Math.min(nRows, options.maxRows ?? 40);
  const numeric = columns.map((column) => isNumeric(column, nShown));
  const head = names.map(
    (name, i) => `<th scope="col"${numeric[i] ? ' class="number"' : ''}>${escapeHtml(name)}</th>`,
  );
  const rows: string[] = [];
  for (let row = 0; row < nShown; row++) {
    const cells = columns.map((column, i) => {
      const text = cellText(column[row]);
      const kind = numeric[i] ? ' class="number"' : text.length > 48 ? ' class="wide"' : '';
      return `<td${kind}>${escapeHtml(text)}</td>`;
    });
    rows.push(`<tr>${cells.join('')}</tr>`);
  }
  const caption = options.caption ? `<caption>${escapeHtml(options.caption)}</caption>` : '';
  const more =
    nRows > nShown ? `<p class="more">and ${(nRows - nShown).toLocaleString('en-US')} more rows</p>` : '';
  return (
    `<div class="sdc-table"><table>${caption}<thead><tr>${head.join('')}</tr></thead>` +
    `<tbody>${rows.join('')}</tbody></table>${more}</div>`
  );
}

/** A table as aligned text, for terminals and the text version of a cell. */
export function tableText(table: TableLike, options: TableOptions = {}): string {
  const { names, columns, nRows } = tableColumns(table);
  const nShown = Math.min(nRows, options.maxRows ?? 40);
  const cells = columns.map((column) => Array.from({ length: nShown }, (_, row) => cellText(column[row])));
  const numeric = columns.map((column) => isNumeric(column, nShown));
  const widths = names.map((name, i) => Math.max(name.length, ...cells[i]!.map((text) => text.length)));
  const line = (texts: string[]) =>
    texts
      .map((text, i) => (numeric[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const lines = [
    line([...names]),
    ...Array.from({ length: nShown }, (_, row) => line(cells.map((c) => c[row]!))),
  ];
  if (nRows > nShown) lines.push(`… ${nRows - nShown} more rows`);
  return lines.join('\n');
}

function isNumeric(column: ArrayLike<unknown>, n: number): boolean {
  let any = false;
  for (let row = 0; row < n; row++) {
    const value = column[row];
    if (typeof value === 'number' || typeof value === 'bigint') any = true;
    else if (value != null && value !== '') return false;
  }
  return any;
}

function cellText(value: unknown): string {
  if (value === null || value === undefined || (typeof value === 'number' && Number.isNaN(value))) return '–';
  if (typeof value === 'number') {
    if (Number.isInteger(value)) return String(value);
    const size = Math.abs(value);
    return size !== 0 && (size < 1e-3 || size >= 1e6)
      ? value.toExponential(2)
      : String(Number(value.toPrecision(4)));
  }
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return Array.from(value as ArrayLike<unknown>, cellText).join(', ');
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

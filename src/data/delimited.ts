import { FormatError } from '../util/errors.js';

/**
 * Splits delimited text (RFC 4180: fields in double quotes may hold the delimiter, line breaks and doubled
 * quotes) into rows of fields. A byte order mark and the empty line at the end are dropped.
 */
export function parseDelimited(text: string, delimiter: string, path: string): string[][] {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  if (!text.includes('"')) {
    const lines = text.slice(start).split(/\r\n|\n|\r/);
    if (lines.at(-1) === '') lines.pop();
    return lines.map((line) => line.split(delimiter));
  }
  return parseQuoted(text, start, delimiter, path);
}

function parseQuoted(text: string, start: number, delimiter: string, path: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let position = start;
  while (position < text.length) {
    let field: string;
    if (text[position] === '"') {
      field = '';
      for (;;) {
        const quote = text.indexOf('"', position + 1);
        if (quote < 0) throw new FormatError(path, `line ${rows.length + 1}: a quoted field does not end`);
        field += text.slice(position + 1, quote);
        position = quote + 1;
        if (text[position] !== '"') break;
        field += '"';
      }
      if (position < text.length && text[position] !== delimiter && !/[\r\n]/.test(text[position]!)) {
        throw new FormatError(path, `row ${rows.length + 1}: text follows a quoted field`);
      }
    } else {
      const from = position;
      while (position < text.length && text[position] !== delimiter && !/[\r\n]/.test(text[position]!))
        position++;
      field = text.slice(from, position);
    }
    row.push(field);
    if (text[position] === delimiter) {
      position++;
      if (position === text.length) row.push('');
      else continue;
    }
    if (text[position] === '\r' && text[position + 1] === '\n') position++;
    position++;
    rows.push(row);
    row = [];
  }
  return rows;
}

/** A field as text that {@link parseDelimited} reads back. */
export function quoteField(field: string, delimiter: string): string {
  return field.includes(delimiter) || /["\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}

import { InputError } from '../util/errors.js';
import { shorten } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText } from './figure.js';
import { type TableLike, tableColumns } from './tableHtml.js';

export interface WordBarsOptions extends FigureOptions {
  /** Which `vector` of the table; the first by default. */
  vector?: number;
  /** Words of each side at most, 12 by default. */
  top?: number;
}

/**
 * Words of a concept as ranked bars, nearest above, farthest below: what a word cloud shows, with lengths that can
 * be compared.
 *
 * @param words columns `word`, `score` and, where both ends are there, `side` (`most`, `least`) and `vector`
 * @throws InputError if a column is missing
 * @example wordBars(labels.table, { vector: 3, title: 'Concept 3' })
 */
export function wordBars(words: TableLike, options: WordBarsOptions = {}): Figure {
  const rows = tableRows(words, ['word', 'score']);
  const vector = options.vector ?? rows[0]?.['vector'];
  const own = rows.filter((row) => row['vector'] === undefined || row['vector'] === vector);
  if (own.length === 0) return emptyFigure('There are no words for this concept.', options, 'Words');
  const top = options.top ?? 12;
  const sideOf = (side: string) =>
    own
      .filter((row) => (row['side'] ?? 'most') === side)
      .sort((a, b) => (side === 'most' ? 1 : -1) * (Number(b['score']) - Number(a['score'])))
      .slice(0, top);
  const most = sideOf('most');
  const least = sideOf('least').reverse();
  const shown = [...most, ...least];
  const names = shown.map((row) => plainText(shorten(String(row['word']), 30)));
  const colours = [...most.map(() => '#C9782F'), ...least.map(() => '#3F7AB3')];
  return makeFigure(
    [
      {
        type: 'bar',
        orientation: 'h',
        x: shown.map((row) => Number(row['score'])),
        y: shown.map((_, i) => i + (i >= most.length ? 0.6 : 0)),
        text: names,
        marker: { color: colours },
        textposition: 'none',
        width: 0.72,
        hovertemplate: '%{text}: %{x:.3f}<extra></extra>',
        showlegend: false,
      },
    ],
    {
      title: 'Words',
      description: `Nearest words: ${most
        .slice(0, 5)
        .map((row) => row['word'])
        .join(', ')}${
        least.length
          ? `; farthest: ${least
              .slice(-5)
              .reverse()
              .map((row) => row['word'])
              .join(', ')}`
          : ''
      }.`,
      height: 110 + 24 * shown.length,
      margin: { l: 24 },
      layout: {
        bargap: 0.2,
        xaxis: { title: { text: 'score' }, zeroline: true, showline: false, showgrid: true },
        yaxis: {
          ...{ autorange: 'reversed', showgrid: false, ticks: '', tickmode: 'array', ticktext: names },
          tickvals: shown.map((_, i) => i + (i >= most.length ? 0.6 : 0)),
        },
      },
    },
    options,
  );
}

/** Rows of a table, with the columns that must be there checked. */
export function tableRows(table: TableLike, needed: readonly string[]): Record<string, unknown>[] {
  if (Array.isArray(table) && table.length === 0) return [];
  const { names, columns, nRows } = tableColumns(table);
  for (const name of needed) {
    if (!names.includes(name)) throw new InputError('columns of the table', names, `among them "${name}"`);
  }
  return Array.from({ length: nRows }, (_, row) =>
    Object.fromEntries(names.map((name, i) => [name, columns[i]![row]])),
  );
}

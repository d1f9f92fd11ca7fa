import { InputError } from '../util/errors.js';
import {
  emptyFigure,
  type Figure,
  type FigureOptions,
  makeFigure,
  plainText,
  scaleOf,
  type Trace,
} from './figure.js';
import type { TableLike } from './tableHtml.js';
import { tableRows } from './wordBars.js';

export interface NegationFigureOptions extends FigureOptions {
  /** Names of the concepts, by their number. */
  names?: readonly string[];
}

const sides = {
  most: { name: 'most associated', colour: '#D55E00', symbol: 'circle' },
  least: { name: 'least associated', colour: '#0072B2', symbol: 'square' },
} as const;

/**
 * Measured responses to both ends of each concept, as differences from the mean over all pictures, with 95 % intervals:
 * does the negation lie below the mean? Filled marks differ from it (p < 0.05).
 *
 * @param tests rows of `concept`, `side`, `mean`, `low`, `high`, `baseline`, `verdict`: what `negationTests` gives, or
 *   a study's `responses.tsv`
 * @throws InputError if a column is missing, or a concept has no name though names are given
 * @example show(negationFigure(await study.results('responses.tsv')))
 */
export function negationFigure(tests: TableLike, options: NegationFigureOptions = {}): Figure {
  const title = 'Is the negation below the mean?';
  const rows = tableRows(tests, ['concept', 'side', 'mean', 'low', 'high', 'baseline', 'verdict']);
  if (rows.length === 0) return emptyFigure('No concept was measured.', options, title);
  const concepts = [...new Set(rows.map((row) => Number(row['concept'])))].sort((a, b) => a - b);
  const { names } = options;
  const missing = names && concepts.find((concept) => names[concept] === undefined);
  if (missing !== undefined) throw new InputError('names', names!.length, `a name for concept ${missing}`);
  const label = (concept: number) => plainText(names?.[concept] ?? `concept ${concept}`);
  const scale = scaleOf(options);
  const data = (['most', 'least'] as const).map((side): Trace => {
    const { name, colour, symbol } = sides[side];
    const own = rows.filter((row) => row['side'] === side);
    const above = (row: (typeof own)[number], column: string) =>
      Number(row[column]) - Number(row['baseline']);
    const shift = side === 'most' ? -0.14 : 0.14;
    return {
      ...{ type: 'scatter', mode: 'markers', name },
      x: own.map((row) => above(row, 'mean')),
      y: own.map((row) => concepts.indexOf(Number(row['concept'])) + shift),
      error_x: {
        ...{ type: 'data', symmetric: false, color: colour, thickness: 1.5 * scale, width: 0 },
        array: own.map((row) => Number(row['high']) - Number(row['mean'])),
        arrayminus: own.map((row) => Number(row['mean']) - Number(row['low'])),
      },
      marker: {
        ...{ color: colour, size: 10 * scale, line: { color: colour, width: 2 * scale } },
        symbol: own.map((row) => symbol + (row['verdict'] === 'not different' ? '-open' : '')),
      },
      text: own.map(
        (row) => `${label(Number(row['concept']))}, ${name}: ${plainText(String(row['verdict']))}`,
      ),
      hovertemplate: '%{text} (%{x:+.3f})<extra></extra>',
    };
  });
  const below = rows.filter((row) => row['side'] === 'least' && row['verdict'] === 'below').length;
  return makeFigure(
    data,
    {
      title,
      subtitle: 'filled: differs from the mean over pictures, p < 0.05',
      description: `Responses to the most and least associated pictures of ${concepts.length} concepts; the least associated lie below the mean for ${below}.`,
      height: 160 + 30 * concepts.length,
      margin: { l: 24 },
      layout: {
        xaxis: {
          title: { text: 'response − mean over pictures (sd of single trials)' },
          ...{ showgrid: true, zeroline: true, zerolinewidth: 2 },
        },
        yaxis: {
          ...{ range: [concepts.length - 0.5, -0.5], tickmode: 'array', ticks: '', automargin: true },
          tickvals: concepts.map((_, i) => i),
          ticktext: concepts.map(label),
        },
      },
    },
    options,
  );
}

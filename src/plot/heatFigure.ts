import type { TypedArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { barTitle, shorten } from './axes.js';
import {
  type Figure,
  type FigureOptions,
  type FigureParts,
  makeFigure,
  plainText,
  scaleOf,
} from './figure.js';
import { packGrid } from './pack.js';

export interface HeatParts extends FigureParts {
  /** nRows × nColumns, C order; NaN is left blank. */
  values: TypedArray;
  rows: readonly string[];
  columns: readonly string[];
  /** Plotly's format of a value: `.2f`, `d`. */
  format: string;
  /** Name of the value in hovers and on the colour bar. */
  valueName: string;
  /** `symmetric` about zero (diverging colours), or from zero up. */
  scale: 'symmetric' | 'positive';
  /** Largest value of the scale; that of the data by default. */
  limit?: number;
  xTitle?: string;
  yTitle?: string;
  /** Writes the value into each cell where there is room; by default where there are at most 400 cells. */
  showValues?: boolean;
  /** Columns are named in the hover only: where they are the rows once more, and too many to be read aslant. */
  hideColumns?: boolean;
  square?: boolean;
}

/** Names shown at most along an axis; beyond it every n-th is named, all are in the hover. */
const mostNames = 60;

/**
 * A matrix as colours: the shared ground of cluster counts, similarities and region tables. Its colour contract:
 * quantities with a sign get diverging colours symmetric about zero, the others one hue from zero up.
 *
 * @throws InputError if the names do not fit the values
 */
export function heatFigure(parts: HeatParts, options: FigureOptions): Figure {
  const { values, rows, columns } = parts;
  if (rows.length * columns.length !== values.length) {
    throw new InputError('values', values.length, `${rows.length} rows × ${columns.length} columns`);
  }
  let limit = parts.limit ?? 0;
  if (parts.limit === undefined) {
    for (const value of values) if (Math.abs(Number(value)) > limit) limit = Math.abs(Number(value));
  }
  limit ||= 1;
  const showValues = parts.showValues ?? values.length <= 400;
  const scale = scaleOf(options);
  const rowHeight = Math.max(9, Math.min(28, 900 / rows.length));
  const rowNames = rows.map((row) => plainText(shorten(row, 32)));
  const columnNames = columns.map((column) => plainText(shorten(column, 22)));
  const slanted = columnNames.some((name) => name.length > 9) || columns.length > 14;
  const gap = values.length > 6000 ? 0 : 1;
  return makeFigure(
    [
      {
        type: 'heatmap',
        z: packGrid(values, rows.length, columns.length),
        x0: 0,
        dx: 1,
        y0: 0,
        dy: 1,
        zmin: parts.scale === 'symmetric' ? -limit : 0,
        zmax: limit,
        autocolorscale: true,
        xgap: gap,
        ygap: gap,
        colorbar: {
          title: { text: barTitle(parts.valueName) },
          lenmode: 'pixels',
          len: Math.round(Math.min(220, Math.max(90, rows.length * rowHeight)) * scale),
          y: 1,
          yanchor: 'top',
          ...(parts.format === 'd' && { tickformat: ',d' }),
          ...(parts.format.endsWith('%') && { tickformat: parts.format }),
        },
        ...(showValues && {
          // A share of nothing is left blank, so that the others are seen.
          ...(parts.format.endsWith('%')
            ? { text: cellTexts(parts), texttemplate: '%{text}' }
            : { texttemplate: `%{z:${parts.format}}` }),
          textfont: { size: Math.round(11 * scale) },
        }),
        hovertemplate: `%{y} · %{x}: %{z:${parts.format}}<extra></extra>`,
      },
    ],
    {
      ...parts,
      height:
        parts.height ?? Math.round(rows.length * rowHeight + (slanted && !parts.hideColumns ? 200 : 130)),
      layout: {
        xaxis: {
          ...ticks(columnNames),
          showline: false,
          ticks: '',
          side: 'bottom',
          ...(slanted && { tickangle: -40 }),
          ...(parts.hideColumns && { showticklabels: false }),
          ...(parts.xTitle && { title: { text: parts.xTitle } }),
          ...(parts.square && { constrain: 'domain' }),
        },
        yaxis: {
          ...ticks(rowNames),
          autorange: 'reversed',
          ...(parts.square && rows.length > 24 && { tickfont: { size: smallFont(rows.length, scale) } }),
          showgrid: false,
          ticks: '',
          ...(parts.yTitle && { title: { text: parts.yTitle } }),
          ...(parts.square && { scaleanchor: 'x', constrain: 'domain' }),
        },
        ...parts.layout,
      },
    },
    options,
  );
}

/** Names beside the rows of a square, which is some 440 px wide, without touching each other. */
const smallFont = (nRows: number, scale: number) =>
  Math.min(13, Math.max(6, Math.floor(440 / Math.min(nRows, mostNames)))) * scale;

function ticks(names: readonly string[]): Record<string, unknown> {
  const every = Math.ceil(names.length / mostNames);
  const kept = names.map((_, i) => i).filter((i) => i % every === 0);
  return { tickmode: 'array', tickvals: kept, ticktext: kept.map((i) => names[i]) };
}

function cellTexts({ values, rows, columns }: HeatParts): string[][] {
  return rows.map((_, r) =>
    columns.map((_, c) => {
      const percent = Math.round(100 * Number(values[r * columns.length + c]));
      return percent ? `${percent}%` : '';
    }),
  );
}

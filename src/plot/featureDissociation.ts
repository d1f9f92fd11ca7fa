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
import { neutralColour } from './theme.js';
import { tableRows } from './wordBars.js';

export interface DissociationOptions extends FigureOptions {
  /** Names of the two concepts. */
  first?: string;
  second?: string;
  /** Corrected p below which a mark is filled; 0.05 by default. */
  alpha?: number;
}

/**
 * Two concepts told apart by picture features: for each feature the correlation of both concepts' scores, joined
 * by a line; filled marks hold after correction. Features with the largest difference come first. What is drawn is what
 * was tested: the partial correlation, other features held constant, where there is one.
 *
 * @param features columns `target` (`first`, `second`), `feature`, `partial` or else `r`, and perhaps `pCorrected`
 * @throws InputError if a column is missing
 * @example featureDissociation(dissociation.features!, { first: 'food by colour', second: 'food by shape' })
 */
export function featureDissociation(features: TableLike, options: DissociationOptions = {}): Figure {
  const scale = scaleOf(options);
  const { first = 'first', second = 'second', alpha = 0.05 } = options;
  const given = tableRows(features, ['target', 'feature']);
  const isPartial = given.some((row) => row['partial'] !== undefined);
  const value = isPartial ? 'partial' : 'r';
  const rows = tableRows(features, ['target', 'feature', value]);
  const title = 'What tells the two concepts apart';
  const of = (target: string, feature: string) =>
    rows.find((row) => row['target'] === target && row['feature'] === feature);
  const r = (target: string, feature: string) => Number(of(target, feature)?.[value] ?? Number.NaN);
  const gap = (feature: string) => Math.abs(r('first', feature) - r('second', feature)) || 0;
  const names = [...new Set(rows.map((row) => String(row['feature'])))].sort((a, b) => gap(b) - gap(a));
  if (names.length === 0) return emptyFigure('No feature was measured.', options, title);
  const lines: Trace = {
    ...{
      type: 'scatter',
      mode: 'lines',
      hoverinfo: 'skip',
      showlegend: false,
      line: { color: neutralColour },
    },
    x: names
      .flatMap((name) => [r('first', name), r('second', name), null])
      .map((x) => (Number.isNaN(x) ? null : x)),
    y: names.flatMap((_, i) => [i, i, null]),
  };
  const marks = (['first', 'second'] as const).map((target, i): Trace => {
    const colour = i === 0 ? '#C9782F' : '#3F7AB3';
    const holds = names.map((name) => Number(of(target, name)?.['pCorrected'] ?? 0) < alpha);
    return {
      ...{ type: 'scatter', mode: 'markers', name: plainText(i === 0 ? first : second) },
      x: names.map((name) => (Number.isFinite(r(target, name)) ? r(target, name) : null)),
      y: names.map((_, row) => row),
      text: names.map(plainText),
      marker: {
        ...{ color: colour, size: 11 * scale, line: { color: colour, width: 2 * scale } },
        symbol: holds.map((filled) => (i === 0 ? 'circle' : 'square') + (filled ? '' : '-open')),
      },
      hovertemplate: `${plainText(i === 0 ? first : second)}, %{text}: ${isPartial ? 'partial r' : 'r'} = %{x:.2f}<extra></extra>`,
    };
  });
  const largest = Math.max(
    0.1,
    ...names.flatMap((name) =>
      [Math.abs(r('first', name)), Math.abs(r('second', name))].filter(Number.isFinite),
    ),
  );
  return makeFigure(
    [lines, ...marks],
    {
      title,
      subtitle: `filled: p < ${alpha} after correction`,
      description: `Correlation of ${names.length} picture features with two concepts; farthest apart: ${names.slice(0, 3).join(', ')}.`,
      height: 150 + 30 * names.length,
      margin: { l: 24 },
      layout: {
        xaxis: {
          title: { text: `${isPartial ? 'partial correlation' : 'correlation'} with the concept’s score` },
          range: [-1.12 * largest, 1.12 * largest],
          showgrid: true,
          zeroline: true,
          zerolinewidth: 2,
        },
        yaxis: {
          ...{
            range: [names.length - 0.5, -0.5],
            tickmode: 'array',
            tickvals: names.map((_, i) => i),
            ticks: '',
          },
          ticktext: names.map(plainText),
        },
      },
    },
    options,
  );
}

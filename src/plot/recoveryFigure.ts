import {
  emptyFigure,
  type Figure,
  type FigureOptions,
  makeFigure,
  plainText,
  scaleOf,
  type Trace,
} from './figure.js';
import { neutralColour } from './theme.js';

/** A planted concept and how it was found. */
export interface PlantedFound {
  readonly name: string;
  /** Whether a correct analysis must find it. */
  readonly shared: boolean;
  readonly found: boolean;
  /** Of the matching cluster, where there is one. */
  readonly cosine?: number | null;
  readonly precision?: number | null;
  readonly recall?: number | null;
}

/** Planted beside found, as {@link recoveryFigure} draws it; `scoreRecovery` gives one. */
export interface Recovery {
  readonly planted: readonly PlantedFound[];
  readonly falseClusters?: number;
  readonly ari?: number | null;
}

/**
 * Planted against found: for each planted concept the precision and recall of its cluster's voxels and the cosine
 * of its vector; concepts too rare to be shared are listed below and rightly stay empty.
 *
 * @example recoveryFigure(scoreRecovery(phantom.truth, clusters))
 */
export function recoveryFigure(recovery: Recovery, options: FigureOptions = {}): Figure {
  const title = 'Planted and found';
  const rows = [...recovery.planted].sort((a, b) => Number(b.shared) - Number(a.shared));
  if (rows.length === 0) return emptyFigure('Nothing was planted.', options, title);
  const shared = rows.filter((row) => row.shared);
  const nFound = shared.filter((row) => row.found).length;
  const wrong = rows.filter((row) => !row.shared && row.found).length;
  const measures = [
    { key: 'precision', symbol: 'circle', colour: '#0072B2' },
    { key: 'recall', symbol: 'square', colour: '#E69F00' },
    { key: 'cosine', symbol: 'diamond', colour: '#009E73' },
  ] as const;
  const marks = measures.map(({ key, symbol, colour }): Trace => {
    const found = rows
      .map((row, i) => ({ row, i }))
      .filter(({ row }) => Number.isFinite(row[key] ?? Number.NaN));
    return {
      ...{
        type: 'scatter',
        mode: 'markers',
        name: key,
        marker: { symbol, color: colour, size: 11 * scaleOf(options) },
      },
      x: found.map(({ row }) => row[key]!),
      y: found.map(({ i }) => i),
      text: found.map(({ row }) => plainText(row.name)),
      hovertemplate: `%{text}: ${key} %{x:.2f}<extra></extra>`,
    };
  });
  const label = (row: PlantedFound) => {
    const name = plainText(row.name);
    if (row.shared) return row.found ? name : `${name}  <b>missed</b>`;
    return row.found ? `${name}  <b>not shared, yet found</b>` : `<i>${name}  (not shared)</i>`;
  };
  const falseClusters = recovery.falseClusters ?? 0;
  return makeFigure(
    marks,
    {
      title,
      subtitle: `${nFound} of ${shared.length} shared concepts found, ${falseClusters + wrong} clusters that should not be`,
      description:
        `${nFound} of ${shared.length} planted shared concepts were found; ${falseClusters} clusters match nothing` +
        `${recovery.ari == null ? '' : `; adjusted Rand index ${recovery.ari.toFixed(2)}`}.`,
      height: 160 + 28 * rows.length,
      margin: { l: 24 },
      layout: {
        xaxis: { range: [-0.02, 1.03], showgrid: true, title: { text: 'of the matching cluster' } },
        yaxis: {
          ...{
            range: [rows.length - 0.5, -0.5],
            tickmode: 'array',
            ticks: '',
            tickvals: rows.map((_, i) => i),
          },
          ticktext: rows.map(label),
        },
        ...(shared.length < rows.length &&
          shared.length > 0 && {
            shapes: [
              {
                ...{
                  type: 'line',
                  xref: 'paper',
                  x0: 0,
                  x1: 1,
                  y0: shared.length - 0.5,
                  y1: shared.length - 0.5,
                },
                line: { color: neutralColour, width: 1, dash: 'dot' },
              },
            ],
          }),
      },
    },
    options,
  );
}

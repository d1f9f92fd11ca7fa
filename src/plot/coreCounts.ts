import type { NdArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, scaleOf, type Trace } from './figure.js';
import { colourAt } from './theme.js';

/** How many voxels are core points, and how many clusters they make, at each eps and minParticipants. */
export interface CoreCounts {
  readonly eps: ArrayLike<number>;
  readonly minParticipants: ArrayLike<number>;
  /** minParticipants × eps. */
  readonly core: NdArray<Int32Array>;
  /** minParticipants × eps. */
  readonly nClusters?: NdArray<Int32Array>;
}

/** Blues that are legible on a light and on a dark page. */
const lineStops = ['#9CCBEE', '#4F97D3', '#1F63AC'];

export interface CoreCountsOptions extends FigureOptions {
  /** The eps in use, marked by a line. */
  eps?: number;
  /** The minParticipants in use, drawn heavier. */
  minParticipants?: number;
}

/**
 * Core voxels over eps, one line for each minParticipants, and clusters below where known: where concepts appear
 * and where they merge.
 *
 * @throws InputError if the counts' shape is not minParticipants × eps
 */
export function coreCounts(counts: CoreCounts, options: CoreCountsOptions = {}): Figure {
  const nEps = counts.eps.length;
  const nLines = counts.minParticipants.length;
  for (const [name, array] of Object.entries({ core: counts.core, nClusters: counts.nClusters })) {
    if (array && (array.shape[0] !== nLines || array.shape[1] !== nEps)) {
      throw new InputError(`${name} shape`, array.shape, `${nLines} × ${nEps} (minParticipants × eps)`);
    }
  }
  if (nEps === 0 || nLines === 0) return emptyFigure('No eps was tried.', options, 'Core voxels over eps');
  const eps = Array.from(counts.eps);
  const data: Trace[] = [];
  for (let line = 0; line < nLines; line++) {
    const n = counts.minParticipants[line]!;
    const colour = colourAt(lineStops, nLines === 1 ? 0.6 : line / (nLines - 1));
    const inUse = n === options.minParticipants;
    for (const [array, yaxis, what] of [
      [counts.core, 'y', 'core voxels'],
      [counts.nClusters, 'y2', 'clusters'],
    ] as const) {
      if (!array) continue;
      data.push({
        type: 'scatter',
        mode: 'lines+markers',
        x: eps,
        y: Array.from(array.data.subarray(line * nEps, (line + 1) * nEps)),
        yaxis,
        name: `${n}${inUse ? ' (in use)' : ''}`,
        legendgroup: String(n),
        showlegend: yaxis === 'y',
        line: { color: colour, ...(inUse && { width: 4 * scaleOf(options) }) },
        marker: { color: colour },
        hovertemplate: `eps %{x:.3g}, minParticipants ${n}: %{y:,d} ${what}<extra></extra>`,
      });
    }
  }
  const two = counts.nClusters !== undefined;
  return makeFigure(
    data,
    {
      title: two ? 'Core voxels and clusters over eps' : 'Core voxels over eps',
      description: `Core voxels over ${nEps} values of eps for minParticipants ${Array.from(counts.minParticipants).join(', ')}.`,
      height: two ? 500 : 400,
      layout: {
        legend: { title: { text: 'minParticipants' } },
        xaxis: { title: { text: 'eps (1 − cosine)' }, anchor: two ? 'y2' : 'y' },
        yaxis: { title: { text: 'core voxels' }, rangemode: 'tozero', domain: two ? [0.48, 1] : [0, 1] },
        ...(two && { yaxis2: { title: { text: 'clusters' }, rangemode: 'tozero', domain: [0, 0.38] } }),
        ...(options.eps !== undefined && {
          shapes: [
            {
              ...{ type: 'line', x0: options.eps, x1: options.eps, yref: 'paper', y0: 0, y1: 1 },
              line: { dash: 'dash' },
            },
          ],
          annotations: [
            {
              ...{
                text: `eps ${options.eps}`,
                x: options.eps,
                xanchor: 'left',
                xshift: 5,
                yref: 'paper',
                y: 1,
              },
              ...{ yanchor: 'top', showarrow: false },
            },
          ],
        }),
      },
    },
    options,
  );
}

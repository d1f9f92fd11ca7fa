import { InputError } from '../util/errors.js';
import { count } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText, type Trace } from './figure.js';
import { participantColours } from './theme.js';

/** Noise ceilings of one participant's voxels, percent; NaN for voxels without one. */
export interface NoiseCeilings {
  readonly participant: string;
  readonly percent: ArrayLike<number>;
}

export interface NoiseCeilingOptions extends FigureOptions {
  /** Voxels above it (strictly) are kept; percent. Drawn dashed. */
  threshold?: number;
  /** Width of a bin, percent; 2 by default. */
  binPercent?: number;
}

/**
 * Histogram of noise ceilings as outlines, one colour a participant, with the threshold and how many voxels lie
 * above it. The count axis is logarithmic: few voxels carry much signal.
 *
 * @throws InputError if the bin width is not in (0, 50]
 */
export function noiseCeilingHistogram(
  ceilings: readonly NoiseCeilings[],
  options: NoiseCeilingOptions = {},
): Figure {
  const title = 'Noise ceiling of the voxels';
  const { threshold, binPercent = 2 } = options;
  if (!(binPercent > 0 && binPercent <= 50)) throw new InputError('binPercent', binPercent, 'in (0, 50]');
  if (!ceilings.some(({ percent }) => Array.from(percent).some(Number.isFinite))) {
    return emptyFigure('No voxel has a noise ceiling.', options, title);
  }
  const colours = participantColours(ceilings.length);
  const nBins = Math.ceil(100 / binPercent);
  const kept: string[] = [];
  let most = 1;
  let highest = 0;
  const data: Trace[] = ceilings.map(({ participant, percent }, i) => {
    const bins = new Array<number>(nBins + 1).fill(0);
    let above = 0;
    for (let v = 0; v < percent.length; v++) {
      const value = percent[v]!;
      if (!Number.isFinite(value)) continue;
      const bin = Math.min(nBins - 1, Math.max(0, Math.floor(value / binPercent)));
      bins[bin]!++;
      highest = Math.max(highest, (bin + 1) * binPercent);
      if (threshold !== undefined && value > threshold) above++;
    }
    most = Math.max(most, ...bins);
    if (threshold !== undefined) kept.push(`${participant} ${count(above)}`);
    const name = plainText(participant) + (threshold === undefined ? '' : ` <i>${count(above)} kept</i>`);
    return {
      type: 'scatter',
      mode: 'lines',
      x: bins.map((_, bin) => bin * binPercent),
      y: bins.map((n) => (n === 0 ? 0.5 : n)),
      customdata: bins,
      line: { color: colours[i], shape: 'hv' },
      name,
      showlegend: true,
      hovertemplate: `${plainText(participant)}: %{customdata:,d} voxels from %{x} %<extra></extra>`,
    };
  });
  return makeFigure(
    data,
    {
      title,
      description:
        `Histogram of noise ceilings of ${ceilings.length} participants` +
        (kept.length ? `; voxels above ${threshold} %: ${kept.join(', ')}.` : '.'),
      layout: {
        xaxis: {
          title: { text: 'noise ceiling (% of variance)' },
          range: [0, Math.min(100, highest + binPercent)],
        },
        yaxis: {
          title: { text: 'voxels' },
          type: 'log',
          range: [Math.log10(0.7), Math.log10(most * 1.6)],
          dtick: 1,
          tickformat: ',d',
        },
        ...(threshold !== undefined && {
          shapes: [
            {
              type: 'line',
              x0: threshold,
              x1: threshold,
              yref: 'paper',
              y0: 0,
              y1: 1,
              line: { dash: 'dash' },
            },
          ],
          annotations: [
            {
              ...{
                text: `kept above ${threshold} %`,
                x: threshold,
                xanchor: 'left',
                xshift: 5,
                showarrow: false,
              },
              ...{ yref: 'paper', y: 1, yanchor: 'top' },
            },
          ],
        }),
      },
    },
    options,
  );
}

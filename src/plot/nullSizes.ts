import { familyWiseP } from '../cluster/familyWiseP.js';
import { InputError } from '../util/errors.js';
import { count } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText, type Trace } from './figure.js';
import { neutralColour } from './theme.js';

/** Clusters beside the largest cluster of each draw of the null. */
export interface NullSizes {
  /** Voxels of each cluster. */
  readonly sizes: ArrayLike<number>;
  /** Voxels of the largest cluster in each draw: `nullSize` of `clusterSignificance`. */
  readonly nullSize: ArrayLike<number>;
}

export interface NullSizesOptions extends FigureOptions {
  /** Names of the clusters; their numbers by default. */
  names?: readonly string[];
  /** Family-wise level whose size is marked; 0.05 by default. */
  alpha?: number;
}

/**
 * The size of each cluster against chance: bars, in colour where the family-wise p-value is at most alpha, and a
 * line at the size that they exceed: p = (1 + draws whose largest cluster is at least as large) / (draws + 1).
 *
 * @throws InputError without draws, or if the names do not fit the sizes
 * @example
 * const { nullSize } = await clusterSignificance(clusters, nullTuning(people));
 * show(nullSizes({ sizes: clusterTable(clusters, names).size, nullSize }));
 */
export function nullSizes(found: NullSizes, options: NullSizesOptions = {}): Figure {
  const title = 'Could chance make such clusters?';
  const { alpha = 0.05 } = options;
  const [sizes, draws] = [Array.from(found.sizes), Array.from(found.nullSize).sort((a, b) => b - a)];
  if (draws.length === 0) throw new InputError('number of draws', 0, 'at least 1');
  if (options.names && options.names.length !== sizes.length)
    throw new InputError('number of names', options.names.length, `${sizes.length}, one a cluster`);
  if (sizes.length === 0) return emptyFigure('No cluster was found.', options, title);
  const names = sizes.map((_, k) => plainText(options.names?.[k] ?? `cluster ${k}`));
  const p = Array.from(familyWiseP(sizes, draws));
  // Larger than this, and p ≤ alpha: so many draws may reach a size.
  const allowed = Math.floor(alpha * (1 + draws.length) + 1e-9) - 1;
  const limit = allowed >= 0 ? draws[allowed] : undefined;
  const bars: Trace = {
    ...{ type: 'bar', orientation: 'h', showlegend: false },
    x: sizes,
    y: sizes.map((_, k) => k),
    marker: { color: p.map((value) => (value <= alpha ? '#0072B2' : neutralColour)) },
    text: p.map((value) => `p ${value < 0.001 ? '< 0.001' : value.toFixed(3)}`),
    textposition: 'auto',
    hovertemplate: sizes.map((size, k) => `${names[k]}: ${count(size)} voxels, %{text}<extra></extra>`),
  };
  const line = { type: 'line', x0: limit, x1: limit, yref: 'paper', y0: 0, y1: 1, line: { dash: 'dash' } };
  const passing = p.filter((value) => value <= alpha).length;
  return makeFigure(
    [bars],
    {
      title,
      subtitle: subtitleOf(limit, draws, alpha),
      description: `Voxels of ${sizes.length} clusters against the largest cluster of ${draws.length} draws of the null; ${passing} have a family-wise p of at most ${alpha}.`,
      height: 150 + 26 * sizes.length,
      margin: { l: 24 },
      layout: {
        xaxis: { title: { text: 'voxels' }, rangemode: 'tozero' },
        yaxis: {
          ...{ range: [sizes.length - 0.5, -0.5], tickmode: 'array', ticks: '', automargin: true },
          tickvals: sizes.map((_, k) => k),
          ticktext: names,
        },
        ...(limit && { shapes: [line] }),
      },
    },
    options,
  );
}

function subtitleOf(limit: number | undefined, draws: readonly number[], alpha: number): string {
  if (limit === undefined) return `${draws.length} draws are too few for p ≤ ${alpha}`;
  if (draws[0] === 0) return `none of ${draws.length} draws of the null made any cluster`;
  return `dashed: clusters to its right have p ≤ ${alpha}, all clusters taken together`;
}

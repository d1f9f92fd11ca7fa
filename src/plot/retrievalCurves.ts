import { InputError } from '../util/errors.js';
import { axisKey, axisName, panelDomains } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions, makeFigure, plainText, type Trace } from './figure.js';
import { packNumbers, tidyNumber } from './pack.js';
import { neutralColour, participantColours, participantSymbol, withAlpha } from './theme.js';

/** Top-k retrieval accuracy of one participant's decoder. */
export interface RetrievalCurve {
  readonly participant: string;
  /** `contrastive`, `ridge`, …; one panel each. */
  readonly decoder: string;
  /** Increasing k. */
  readonly k: ArrayLike<number>;
  /** Fraction (0–1) of queries whose image is among the k nearest; one a k. */
  readonly accuracy: ArrayLike<number>;
  /** Interval of each accuracy, where known. */
  readonly low?: ArrayLike<number>;
  readonly high?: ArrayLike<number>;
}

export interface RetrievalOptions extends FigureOptions {
  /** Accuracy of guessing at each k of the first curve; k / nCandidates if `nCandidates` is given instead. */
  chance?: ArrayLike<number>;
  /** Images among which each query is looked for. */
  nCandidates?: number;
}

/**
 * Retrieval accuracy over k, one colour a participant, one panel a decoder, on shared axes, with the accuracy of
 * guessing (dashed) and intervals as bands.
 *
 * @throws InputError if a curve's lists differ in length
 * @example retrievalCurves(curves, { nCandidates: 1000 })
 */
export function retrievalCurves(curves: readonly RetrievalCurve[], options: RetrievalOptions = {}): Figure {
  if (curves.length === 0) return emptyFigure('No decoder was evaluated.', options, 'Retrieval');
  for (const { participant, k, accuracy, low, high } of curves) {
    for (const [name, list] of Object.entries({ accuracy, low, high })) {
      if (list && list.length !== k.length) {
        throw new InputError(`${name} of ${participant}`, list.length, `as many values as k, ${k.length}`);
      }
    }
  }
  const decoders = [...new Set(curves.map((curve) => curve.decoder))];
  const participants = [...new Set(curves.map((curve) => curve.participant))];
  const colours = participantColours(participants.length);
  const data: Trace[] = [];
  const layout: Record<string, unknown> = {};
  const ks = Array.from(
    curves.reduce((longest, { k }) => (k.length > longest.length ? k : longest), curves[0]!.k),
  );
  const chance =
    options.chance ?? (options.nCandidates ? ks.map((k) => k / options.nCandidates!) : undefined);
  panelDomains(decoders.length).forEach((domain, panel) => {
    const axes = { xaxis: axisName('x', panel), yaxis: axisName('y', panel) };
    layout[axisKey('x', panel)] = {
      type: 'log',
      domain,
      anchor: axes.yaxis,
      tickvals: ks,
      ticktext: ks.map(String),
      title: { text: 'k nearest images' },
      ...(panel > 0 && { matches: 'x' }),
    };
    layout[axisKey('y', panel)] = {
      anchor: axes.xaxis,
      range: [-0.02, 1.03],
      tickformat: '.0%',
      ...(panel > 0
        ? { matches: 'y', showticklabels: false }
        : { title: { text: 'image among the k nearest' } }),
    };
    participants.forEach((participant, i) => {
      for (const curve of curves) {
        if (curve.participant !== participant || curve.decoder !== decoders[panel]) continue;
        if (curve.low && curve.high) data.push(band(curve.k, curve.low, curve.high, colours[i]!, axes));
        data.push({
          type: 'scatter',
          mode: 'lines+markers',
          x: packNumbers(Array.from(curve.k)),
          y: packNumbers(Array.from(curve.accuracy)),
          name: plainText(participant),
          legendgroup: participant,
          showlegend: !data.some((trace) => trace['legendgroup'] === participant && trace['showlegend']),
          line: { color: colours[i] },
          marker: { color: colours[i], symbol: participantSymbol(i) },
          hovertemplate: `${plainText(participant)}: %{y:.1%} at k = %{x}<extra></extra>`,
          ...axes,
        });
      }
    });
    if (chance) {
      data.push({
        type: 'scatter',
        mode: 'lines',
        x: ks,
        y: Array.from(chance, tidyNumber),
        name: 'chance',
        legendgroup: 'chance',
        showlegend: panel === 0,
        line: { color: neutralColour, dash: 'dash' },
        hovertemplate: 'chance: %{y:.2%}<extra></extra>',
        ...axes,
      });
    }
  });
  layout['annotations'] = panelTitles(decoders);
  const best = curves.map((curve) => ({ curve, top: curve.accuracy[0]! })).sort((a, b) => b.top - a.top)[0]!;
  return makeFigure(
    data,
    {
      title: 'Retrieval: is the seen image among the nearest?',
      description:
        `Top-k retrieval accuracy of ${participants.length} participants with ${decoders.join(', ')}. Best at ` +
        `k = ${best.curve.k[0]}: ${(100 * best.top).toFixed(1)} % (${best.curve.participant}, ${best.curve.decoder}).`,
      margin: { t: decoders.length > 1 ? 36 : 16, r: 16 },
      layout,
    },
    options,
  );
}

/** Panel headings over panels made by {@link panelDomains}; none for one panel. */
export function panelTitles(names: readonly string[]): Record<string, unknown>[] {
  if (names.length < 2) return [];
  return panelDomains(names.length).map(([start, end], panel) => ({
    text: `<b>${plainText(names[panel]!)}</b>`,
    x: (start + end) / 2,
    xref: 'paper',
    y: 1,
    yref: 'paper',
    yanchor: 'bottom',
    showarrow: false,
  }));
}

/** A translucent band between two curves, not in the legend. */
export function band(
  x: ArrayLike<number>,
  low: ArrayLike<number>,
  high: ArrayLike<number>,
  colour: string,
  more: Record<string, unknown> = {},
): Trace {
  const forth = Array.from(x);
  return {
    type: 'scatter',
    mode: 'lines',
    x: [...forth, ...forth.slice().reverse()].map(tidyNumber),
    y: [...Array.from(high), ...Array.from(low).reverse()].map(tidyNumber),
    fill: 'toself',
    fillcolor: withAlpha(colour, 0.16),
    line: { width: 0 },
    hoverinfo: 'skip',
    showlegend: false,
    ...more,
  };
}

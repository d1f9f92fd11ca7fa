import { InputError } from '../../util/errors.js';
import { barTitle } from '../axes.js';
import { type Figure, type FigureOptions, scaleOf, type Trace } from '../figure.js';
import { packNumbers } from '../pack.js';
import { colourAt, colourScale, divergingStops, sequentialStops } from '../theme.js';
import { joinHemispheres, type MapGeometry, type SurfaceValues } from './geometry.js';
import { hoverPoints } from './hoverPoints.js';
import { codeImage, cortexImage } from './layers.js';
import { type MapView, mapSheet } from './mapSheet.js';
import { sheetFigure } from './sheetFigure.js';

export interface ValueMapOptions extends FigureOptions {
  /** Which sides are drawn, and how. */
  view?: MapView;
  /** Name of the value, with its unit: `noise ceiling (%)`. */
  valueName?: string;
  /** `positive` (from 0 up) by default, `symmetric` about zero where any value is negative. */
  scale?: 'positive' | 'symmetric';
  /** Value at the end of the scale; the largest by default. Values beyond it get its colour. */
  limit?: number;
  /** Values whose size is below this are not drawn. */
  threshold?: number;
  /** Whether regions are outlined; default true where the geometry has any. */
  outlines?: boolean;
  /** Width of the picture in pixels. */
  pixels?: number;
}

/** Steps of the colour scale: the picture keeps one byte a pixel. */
const nSteps = 64;

/**
 * A map of one number a vertex: NaN is transparent, positive quantities are on one hue from zero up, signed ones on
 * diverging colours symmetric about zero.
 *
 * @throws InputError for values whose length is not the surface's, or a scale that the values contradict
 * @example valueMap({ left, right }, geometry, { valueName: 'noise ceiling (%)' })
 */
export function valueMap(
  values: SurfaceValues,
  geometry: MapGeometry,
  options: ValueMapOptions = {},
): Figure {
  const { valueName = 'value', threshold = 0 } = options;
  const sheet = mapSheet(geometry, options.view ?? 'flat', options.pixels ?? 1400);
  const joined = joinHemispheres(values, geometry, (n) => new Float32Array(n).fill(Number.NaN), 'values');
  const finite = joined.filter(Number.isFinite);
  const lowest = finite.reduce((low, value) => Math.min(low, value), 0);
  const scale = options.scale ?? (lowest < 0 ? 'symmetric' : 'positive');
  if (scale === 'positive' && lowest < 0)
    throw new InputError('lowest value', lowest, 'at least 0 on a positive scale');
  const limit = options.limit ?? (finite.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1);
  if (!(limit > 0)) throw new InputError('limit', limit, 'positive');
  const stops = (scale === 'symmetric' ? divergingStops : sequentialStops)[options.theme ?? 'light'];
  const from = scale === 'symmetric' ? -limit : 0;
  const codes = new Uint8Array(joined.length);
  joined.forEach((value, v) => {
    if (!Number.isFinite(value) || Math.abs(value) < threshold) return;
    const t = Math.min(1, Math.max(0, (value - from) / (limit - from)));
    codes[v] = 1 + Math.min(nSteps - 1, Math.floor(t * nSteps));
  });
  const colours = Array.from({ length: nSteps }, (_, i) => colourAt(stops, (i + 0.5) / nSteps));
  const points = hoverPoints(sheet, (v) => codes[v]! > 0);
  const hover: Trace = {
    ...{ type: 'scatter', mode: 'none', hoveron: 'points', showlegend: false },
    x: packNumbers(Int16Array.from(points.x)),
    y: packNumbers(Int16Array.from(points.y)),
    customdata: packNumbers(Float32Array.from(points.vertex, (v) => joined[v]!)),
    hovertemplate: `${valueName} %{customdata:.3g}<extra></extra>`,
  };
  const bar: Trace = {
    ...{ type: 'scatter', mode: 'markers', x: [null], y: [null], showlegend: false, hoverinfo: 'skip' },
    marker: {
      ...{ color: [from], cmin: from, cmax: limit, colorscale: colourScale(stops), showscale: true },
      colorbar: {
        ...{
          title: { text: barTitle(valueName), side: 'top', font: { size: 12 * scaleOf(options) } },
          lenmode: 'fraction',
          len: 0.8,
          outlinewidth: 0,
        },
        thickness: Math.round(12 * scaleOf(options)),
      },
    },
  };
  const seen = joined.map((value) => (Number.isFinite(value) ? 1 : 0));
  const images = [cortexImage(sheet, Uint8Array.from(seen)), codeImage(sheet, codes, colours)];
  return sheetFigure(
    sheet,
    {
      ...{ geometry, tiles: [{ images, traces: [hover] }], legend: [bar], legendWidth: 96 },
      outlines: options.outlines ?? true,
      title: '',
      description: `Map of ${valueName} on ${finite.length} of ${joined.length} vertices, up to ${limit.toPrecision(3)}.`,
    },
    options,
  );
}

import {
  type Figure,
  type FigureOptions,
  type FigureParts,
  figureSizes,
  makeFigure,
  plainText,
  type Trace,
} from '../figure.js';
import type { MapGeometry } from './geometry.js';
import { joinRegions } from './joinRegions.js';
import { type Kept, keepFor } from './keepFor.js';
import { type LabelPlace, labelPlaces } from './labelPlaces.js';
import { outlineImage } from './layers.js';
import type { MapSheet } from './mapSheet.js';

/** One map in a figure of one or several: pictures over each other, all of the sheet's size. */
export interface SheetTile {
  readonly title?: string;
  readonly images: readonly string[];
  /** Traces in the sheet's pixels; drawn on the tile's own axes. */
  readonly traces?: readonly Trace[];
}

export interface SheetParts extends FigureParts {
  readonly geometry: MapGeometry;
  readonly tiles: readonly SheetTile[];
  /** Outline and name the geometry's regions. */
  readonly outlines: boolean;
  /** Traces that stand for the legend or the colour bar. */
  readonly legend: readonly Trace[];
  /** Room at the right for the legend, px in a cell. */
  readonly legendWidth: number;
  readonly columns?: number;
}

/**
 * Maps as a figure: each tile's pictures on axes in the sheet's pixels, region outlines and names over them, names
 * of views, and the legend at the right.
 */
export function sheetFigure(sheet: MapSheet, parts: SheetParts, options: FigureOptions): Figure {
  const { tiles, geometry } = parts;
  const size = figureSizes[options.size ?? 'cell'];
  const columns = parts.columns ?? 1;
  const nRows = Math.ceil(tiles.length / columns);
  const headings = tiles.some((tile) => tile.title);
  const width = options.width ?? size.width;
  const margin = { l: 12, r: parts.legendWidth, t: headings ? 24 : 8, b: 12 };
  const inner = width - (margin.l + margin.r) * size.scale;
  const gapX = columns > 1 ? 0.02 : 0;
  const tileWidth = (1 - gapX * (columns - 1)) / columns;
  const tileHeight = (inner * tileWidth * sheet.height) / sheet.width;
  const gapPx = headings ? 26 * size.scale : 10 * size.scale;
  const innerHeight = tileHeight * nRows + gapPx * (nRows - 1);
  const layout: Record<string, unknown> = {
    hovermode: 'closest',
    dragmode: 'pan',
    plot_bgcolor: 'rgba(0,0,0,0)',
  };
  const images: unknown[] = [];
  const annotations: unknown[] = [];
  const data: Trace[] = [];
  const outline = parts.outlines ? outlinesOf(sheet, geometry) : undefined;
  const fontScale = tileWidth * (inner / (640 * size.scale));
  tiles.forEach((tile, i) => {
    const n = i === 0 ? '' : String(i + 1);
    const column = i % columns;
    const row = Math.floor(i / columns);
    const left = column * (tileWidth + gapX);
    const top = 1 - (row * (tileHeight + gapPx)) / innerHeight;
    const bottom = Math.max(0, top - tileHeight / innerHeight);
    layout[`xaxis${n}`] = {
      ...bareAxis,
      range: [0, sheet.width],
      domain: [left, left + tileWidth],
      anchor: `y${n}`,
    };
    layout[`yaxis${n}`] = {
      ...{ ...bareAxis, range: [sheet.height, 0], domain: [bottom, top] },
      ...{ anchor: `x${n}`, scaleanchor: `x${n}`, constrain: 'domain' },
    };
    // Plotly tells pictures apart by place and size alone: those over each other differ by a billionth of a pixel.
    [...tile.images, ...(outline ? [outline.image] : [])].forEach((source, order) => {
      images.push({
        ...{
          source,
          xref: `x${n}`,
          yref: `y${n}`,
          x: 0,
          y: 0,
          sizex: sheet.width + order * 1e-9,
          sizey: sheet.height,
        },
        ...{ sizing: 'stretch', layer: 'below', xanchor: 'left', yanchor: 'top' },
      });
    });
    const fixed = { xref: `x${n}`, yref: `y${n}`, showarrow: false };
    for (const { name, x, y } of fontScale > 0.55 ? (outline?.labels ?? []) : []) {
      annotations.push({
        ...{ ...fixed, text: plainText(name), x, y, borderpad: 1, captureevents: false },
        ...{
          font: {
            size: Math.max(7, size.font * 0.72 * Math.min(1, fontScale)),
            color: '#14171c',
            shadow: halo,
          },
        },
      });
    }
    if (fontScale > 0.45) {
      for (const panel of sheet.panels) {
        const text = panel.label;
        const y = Math.max(panel.y - 2, sheet.width * 0.022);
        annotations.push({
          ...{ ...fixed, text, x: panel.x + panel.width / 2, y, yanchor: 'bottom' },
          font: { size: size.font * 0.82 * Math.min(1, fontScale) },
        });
      }
    }
    if (tile.title) {
      annotations.push({
        ...{ text: `<b>${plainText(tile.title)}</b>`, xref: 'paper', yref: 'paper', showarrow: false },
        ...{ x: left + tileWidth / 2, y: top, yanchor: 'bottom', xanchor: 'center' },
      });
    }
    for (const trace of tile.traces ?? []) data.push({ ...trace, xaxis: `x${n}`, yaxis: `y${n}` });
  });
  // A trace on the first axes keeps them drawn where a map has no other.
  data.push({ type: 'scatter', mode: 'none', x: [0], y: [0], hoverinfo: 'skip', showlegend: false });
  const nEntries = parts.legend.filter((trace) => trace['showlegend']).length;
  const legendRoom = nEntries ? (nEntries + 1.6) * Math.max(19, size.font * 1.5) : 0;
  const titleRoom = (options.title ?? parts.title) ? size.font * 2.1 + 10 * size.scale : 0;
  const subtitleRoom = (options.subtitle ?? parts.subtitle) ? size.font * 1.62 : 0;
  return makeFigure(
    [...data, ...parts.legend],
    {
      ...parts,
      margin,
      config: { modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d'], scrollZoom: false },
      layout: { ...layout, images, annotations, legend: legendLayout, ...parts.layout },
    },
    {
      ...options,
      height:
        options.height ??
        Math.round(
          Math.max(innerHeight, legendRoom) +
            (margin.t + margin.b) * size.scale +
            titleRoom +
            subtitleRoom +
            2,
        ),
    },
  );
}

/** A soft light edge around names, which leaves the map visible. */
const halo = '0 0 2px #fff, 0 0 3px #fff, 0 0 4px #fff';
const bareAxis = { visible: false, showgrid: false, zeroline: false, automargin: false };
const legendLayout = {
  itemclick: false,
  itemdoubleclick: false,
  x: 1.01,
  xanchor: 'left',
  y: 1,
  yanchor: 'top',
};

interface Outlines {
  readonly image: string;
  readonly labels: LabelPlace[];
}

const outlinesKept: Kept<Outlines> = new WeakMap();

function outlinesOf(sheet: MapSheet, geometry: MapGeometry): Outlines | undefined {
  const regions = joinRegions(geometry);
  if (!regions) return undefined;
  return keepFor(outlinesKept, sheet, geometry, () => ({
    image: outlineImage(sheet, regions.keys),
    labels: labelPlaces(sheet, regions.keys, regions.names),
  }));
}

/** A square in the legend with a name, for colours that are pixels and no trace. */
export function legendEntry(name: string, colour: string, { scale = 1, outlined = false } = {}): Trace {
  return {
    ...{ type: 'scatter', mode: 'markers', x: [null], y: [null], name, showlegend: true, hoverinfo: 'skip' },
    marker: {
      color: colour,
      symbol: 'square',
      size: 11 * scale,
      line: { width: outlined ? scale : 0, color: '#868d97' },
    },
  };
}

import { isSharedConceptsError } from '../util/errors.js';
import { type ThemeName, template } from './theme.js';

/** One Plotly trace, as JSON. */
export type Trace = { readonly type: string } & Readonly<Record<string, unknown>>;

/** A Plotly figure as plain JSON, with words for those who cannot see it. */
export interface Figure {
  readonly data: readonly Trace[];
  readonly layout: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** What the figure shows, in a sentence or two: read by screen readers, printed as the text version. */
  readonly description: string;
}

/** How large a figure is made: a notebook cell, a projected slide (16:9), one journal column (90 mm). */
export type FigureSize = 'cell' | 'slide' | 'column';

/** What every figure builder takes beside its own options. */
export interface FigureOptions {
  /** Heading over the figure; each builder has its own by default, `''` for none. */
  title?: string;
  /** Second line under the heading. */
  subtitle?: string;
  /** `light` by default. Pages and the explorer switch themes by themselves. */
  theme?: ThemeName;
  /** `cell` by default. */
  size?: FigureSize;
  /** Pixels; each builder has its own by default. */
  width?: number;
  /** Pixels; each builder has its own by default. */
  height?: number;
}

/** Width, height (px), font size (px) and scale of lines and markers of each size. */
export const figureSizes = {
  cell: { width: 760, height: 420, font: 13, scale: 1 },
  slide: { width: 1280, height: 720, font: 22, scale: 1.75 },
  column: { width: 340, height: 240, font: 9.5, scale: 0.62 },
} as const;

/** What a builder says about its figure before options are applied; lengths are those of a cell. */
export interface FigureParts {
  title?: string;
  subtitle?: string;
  description: string;
  /** Height in a cell, px; 420 by default. */
  height?: number;
  layout?: Record<string, unknown>;
  /** Margins in a cell, px. */
  margin?: { l?: number; r?: number; t?: number; b?: number };
  config?: Record<string, unknown>;
}

/** The factor by which fonts, lines and margins of a size differ from those of a cell. */
export function scaleOf(options: FigureOptions): number {
  return figureSizes[options.size ?? 'cell'].scale;
}

/** Puts traces and layout in the theme, at the size, under the title asked for. */
export function makeFigure(data: readonly Trace[], parts: FigureParts, options: FigureOptions): Figure {
  const size = figureSizes[options.size ?? 'cell'];
  const title = options.title ?? parts.title ?? '';
  const subtitle = options.subtitle ?? parts.subtitle ?? '';
  const lines = (title ? 1.75 : 0) + (title && subtitle ? 1.35 : 0);
  const px = (length: number) => Math.round(length * size.scale);
  const margin = { l: 64, r: 24, b: 56, t: 16, ...parts.margin };
  const ratio = size.height / figureSizes.cell.height;
  return {
    data,
    layout: {
      template: template(options.theme ?? 'light', size.font, size.scale),
      width: options.width ?? size.width,
      height: options.height ?? Math.round((parts.height ?? 420) * ratio),
      ...(title && { title: { text: title, ...(subtitle && { subtitle: { text: subtitle } }) } }),
      margin: {
        l: px(margin.l),
        r: px(margin.r),
        b: px(margin.b),
        t: px(margin.t) + Math.round(lines * size.font * 1.2) + (title ? px(10) : 0),
      },
      ...parts.layout,
    },
    config: { displaylogo: false, ...parts.config },
    description: parts.description,
  };
}

/** A Plotly figure from elsewhere in the toolkit's theme, with margins that fit; one that has a template keeps its own. */
export function inTheme(figure: Figure): Figure {
  const { layout } = figure;
  if (layout['template'] !== undefined) return figure;
  const margin = { l: 64, r: 24, b: 56, t: layout['title'] ? 56 : 16, ...(layout['margin'] as object) };
  return { ...figure, layout: { ...layout, template: template('light', figureSizes.cell.font), margin } };
}

/**
 * An empty figure that says why it is empty, where a result has nothing to show (no cluster, no voxel):
 * sensible in a report that is made whatever the data say.
 */
export function emptyFigure(reason: string, options: FigureOptions = {}, title = ''): Figure {
  return makeFigure(
    [{ type: 'scatter', x: [], y: [], hoverinfo: 'skip', showlegend: false }],
    {
      title,
      description: reason,
      height: 160,
      layout: {
        xaxis: { visible: false },
        yaxis: { visible: false },
        annotations: [
          { text: plainText(reason), xref: 'paper', yref: 'paper', x: 0.5, y: 0.5, showarrow: false },
        ],
      },
    },
    options,
  );
}

/** Escapes what Plotly would read as markup in names that come from data. */
export function plainText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

/** Whether a value is a {@link Figure} (or Plotly JSON from elsewhere). */
export function isFigure(value: unknown): value is Figure {
  if (typeof value !== 'object' || value === null || isSharedConceptsError(value)) return false;
  const figure = value as Partial<Figure>;
  return Array.isArray(figure.data) && typeof figure.layout === 'object' && figure.layout !== null;
}

import type { Figure, Trace } from '../figure.js';
import { escapeHtml } from '../html.js';
import { divergingStops, fontFamily, sequentialStops, themes } from '../theme.js';
import { bare, type StillAxis, stillAxis } from './axis.js';
import { numbersOf } from './numbers.js';
import { type StillTheme, traceSvg } from './traces.js';

type Json = Record<string, unknown>;

/**
 * A figure as a plain SVG picture, drawn here and now without a browser: what an untrusted notebook or a code host
 * shows in place of the live figure. It has the data, axes, legend and maps; scenes in 3D have only a sentence, and so
 * have figures without this library's `template`: those that a user wrote by hand.
 */
export function stillPicture(figure: Figure): string {
  const layout = figure.layout as Json & { width?: number; height?: number };
  const { width = 760, height = 420 } = layout;
  type Template = { layout?: { paper_bgcolor?: string; font?: { family?: string; size?: number } } };
  const own = (layout['template'] as Template | undefined)?.layout;
  if (own?.font?.family !== fontFamily) return wordsOnly(figure, width);
  const name = own.paper_bgcolor === themes.dark.paper ? 'dark' : 'light';
  const font = own.font.size ?? 13;
  const theme: StillTheme = {
    ...themes[name],
    ...{ sequential: sequentialStops[name], diverging: divergingStops[name], font, line: (2 * font) / 13 },
  };
  const legend = figure.data.filter((trace) => trace['showlegend'] && trace['name']);
  const keys = axisKeys(figure);
  const margin = roomFor(layout, legend, keys, font);
  const [left, right, top, bottom] = [margin.l, width - margin.r, margin.t, height - margin.b];
  const axes = new Map<string, StillAxis>();
  for (const key of keys) {
    const isX = key.startsWith('x');
    const axis = (layout[key.replace(/^[xy]/, '$&axis')] ?? {}) as Json;
    const range = isX ? ([left, right] as const) : ([bottom, top] as const);
    axes.set(
      key,
      stillAxis(axis, valuesOn(figure.data, key), range, {
        isX,
        tight: figure.data.some((trace) => trace.type === 'heatmap'),
      }),
    );
  }
  const axisOf = (key: unknown, letter: 'x' | 'y') => axes.get(String(key ?? letter)) ?? axes.get(letter)!;
  const frame = { left, right, top, bottom };
  const images = ((layout['images'] ?? []) as Json[]).map((image) =>
    imageSvg(image, axisOf(image['xref'], 'x'), axisOf(image['yref'], 'y')),
  );
  const traces = figure.data.map((trace) =>
    traceSvg(trace, axisOf(trace['xaxis'], 'x'), axisOf(trace['yaxis'], 'y'), theme),
  );
  const is3d = figure.data.some((trace) => trace.type === 'mesh3d');
  const body = [
    ...(is3d
      ? [
          `<text x="${width / 2}" y="${height / 2}" text-anchor="middle" fill="${theme.muted}">A surface to turn: open this page in a browser, or trust the notebook.</text>`,
        ]
      : []),
    ...[...axes].map(([key, axis]) => (is3d ? '' : axisSvg(key, axis, frame, axes, layout, theme))),
    ...images,
    `<clipPath id="frame"><rect x="${left - 6}" y="${top - 6}" width="${right - left + 12}" height="${bottom - top + 12}"/></clipPath>`,
    `<g clip-path="url(#frame)">${traces.join('')}</g>`,
    ...((layout['annotations'] ?? []) as Json[]).map((note) => noteSvg(note, axisOf, frame, theme)),
    legendSvg(legend, right + 14, top, theme),
    titleSvg(layout, theme),
  ];
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="${escapeHtml(fontFamily)}" font-size="${font}" fill="${theme.text}">` +
    `<title>${escapeHtml(figure.description)}</title><rect width="${width}" height="${height}" fill="${theme.paper}"/>${body.join('')}</svg>`
  );
}

/** A figure that no builder of ours made may hold anything that Plotly draws: its title and description stand for it. */
function wordsOnly(figure: Figure, width: number): string {
  const title = figure.layout['title'] as { text?: string } | string | undefined;
  const lines = [typeof title === 'string' ? title : title?.text, figure.description].filter(Boolean);
  const texts = lines.map(
    (line, i) =>
      `<text x="${width / 2}" y="${36 + 22 * i}" text-anchor="middle">${escapeHtml(bare(String(line)))}</text>`,
  );
  const height = 50 + 22 * lines.length;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `font-family="${escapeHtml(fontFamily)}" font-size="13" fill="${themes.light.text}">` +
    `<rect width="${width}" height="${height}" fill="${themes.light.paper}"/>${texts.join('')}</svg>`
  );
}

function axisKeys(figure: Figure): string[] {
  const keys = new Set(['x', 'y']);
  for (const trace of figure.data) {
    if (trace['xaxis']) keys.add(String(trace['xaxis']));
    if (trace['yaxis']) keys.add(String(trace['yaxis']));
  }
  for (const key of Object.keys(figure.layout))
    if (/^[xy]axis\d*$/.test(key)) keys.add(key.replace('axis', ''));
  return [...keys];
}

/** Margins with room for tick labels and the legend, which Plotly would make by itself. */
function roomFor(layout: Json, legend: readonly Trace[], keys: readonly string[], font: number) {
  const margin = { l: 60, r: 20, t: 40, b: 50, ...(layout['margin'] as object) };
  const longest = (texts: readonly string[]) =>
    texts.reduce((most, text) => Math.max(most, bare(text).length), 0);
  for (const key of keys) {
    const axis = (layout[key.replace(/^[xy]/, '$&axis')] ?? {}) as { ticktext?: string[] };
    if (!axis.ticktext) continue;
    const length = longest(axis.ticktext) * font * 0.56 + 18;
    if (key.startsWith('y')) margin.l = Math.max(margin.l, length);
    else if (length > 90) margin.b = Math.max(margin.b, length * 0.7 + 24);
  }
  const names = longest(legend.map((trace) => String(trace['name'])));
  if (legend.length) margin.r = Math.max(margin.r, names * font * 0.53 + 40);
  return margin;
}

function valuesOn(data: readonly Trace[], key: string): number[] {
  const letter = key[0] as 'x' | 'y';
  return data
    .filter((trace) => trace.type !== 'mesh3d' && String(trace[`${letter}axis`] ?? letter) === key)
    .flatMap((trace) => {
      if (trace.type === 'heatmap') {
        const [nRows = 0, nColumns = 0] = String((trace['z'] as { shape?: string }).shape ?? '')
          .split(',')
          .map(Number);
        return [-0.5, (letter === 'x' ? nColumns : nRows) - 0.5];
      }
      const values = numbersOf(trace[letter]);
      return trace.type === 'bar' && letter === 'x' ? [0, ...values] : values;
    });
}

function axisSvg(
  key: string,
  axis: StillAxis,
  frame: { left: number; right: number; top: number; bottom: number },
  axes: ReadonlyMap<string, StillAxis>,
  layout: Json,
  theme: StillTheme,
): string {
  if (!axis.visible) return '';
  const own = (layout[key.replace(/^[xy]/, '$&axis')] ?? {}) as { anchor?: string };
  const other = axes.get(own.anchor ?? (key.startsWith('x') ? 'y' : 'x'));
  const isX = key.startsWith('x');
  const base = other ? other.start : isX ? frame.bottom : frame.left;
  const far = other ? other.end : isX ? frame.top : frame.right;
  const parts: string[] = [];
  const line = (x1: number, y1: number, x2: number, y2: number) =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="${theme.grid}"/>`;
  const slanted = isX && axis.ticks.some(({ text }) => text.length > 9);
  for (const { at, text } of axis.ticks) {
    const place = Math.round(at * 10) / 10;
    if (axis.grid) parts.push(isX ? line(place, base, place, far) : line(base, place, far, place));
    if (!axis.showLabels) continue;
    const y = isX ? base + theme.font * 1.5 : place + theme.font * 0.35;
    const turn = slanted ? ` transform="rotate(-40 ${place} ${y})"` : '';
    const anchor = isX && !slanted ? 'middle' : 'end';
    parts.push(
      `<text x="${isX ? place : base - 6}" y="${y}" text-anchor="${anchor}" fill="${theme.muted}"${turn}>${escapeHtml(text)}</text>`,
    );
  }
  const middle = (axis.start + axis.end) / 2;
  if (axis.title) {
    const place = isX
      ? `x="${middle}" y="${base + theme.font * 3.2}"`
      : `x="0" y="0" transform="translate(${theme.font * 1.2} ${middle}) rotate(-90)"`;
    parts.push(`<text ${place} text-anchor="middle">${escapeHtml(axis.title)}</text>`);
  }
  return parts.join('');
}

function imageSvg(image: Json, x: StillAxis, y: StillAxis): string {
  const [left, right] = [x.at(Number(image['x'])), x.at(Number(image['x']) + Number(image['sizex']))];
  const [top, bottom] = [y.at(Number(image['y'])), y.at(Number(image['y']) + Number(image['sizey']))];
  // A map keeps its proportions and stands in the middle of its place, as Plotly has it.
  const place = `x="${left}" y="${Math.min(top, bottom)}" width="${right - left}" height="${Math.abs(bottom - top)}"`;
  return `<image ${place} preserveAspectRatio="xMidYMid meet" href="${escapeHtml(String(image['source']))}"/>`;
}

function noteSvg(
  note: Json,
  axisOf: (key: unknown, letter: 'x' | 'y') => StillAxis,
  frame: { left: number; right: number; top: number; bottom: number },
  theme: StillTheme,
): string {
  const { left, right, top, bottom } = frame;
  const x =
    note['xref'] === 'paper'
      ? left + (right - left) * Number(note['x'])
      : axisOf(note['xref'], 'x').at(Number(note['x']));
  const y =
    note['yref'] === 'paper'
      ? bottom + (top - bottom) * Number(note['y'])
      : axisOf(note['yref'], 'y').at(Number(note['y']));
  const outside = x < left - 1 || x > right + 1 || y < top - 40 || y > bottom + 40;
  if (outside) return '';
  const anchor = { left: 'start', right: 'end' }[String(note['xanchor'])] ?? 'middle';
  const down = { top: theme.font, bottom: -3 }[String(note['yanchor'])] ?? theme.font * 0.35;
  const font = note['font'] as { size?: number; color?: string } | undefined;
  const size = font?.size ?? theme.font * 0.95;
  const turn = note['textangle'] ? ` transform="rotate(${note['textangle']} ${x} ${y + down})"` : '';
  return `<text x="${x}" y="${y + down}" font-size="${size}" text-anchor="${anchor}" fill="${font?.color ?? theme.muted}"${turn}>${escapeHtml(bare(String(note['text'] ?? '')))}</text>`;
}

function legendSvg(legend: readonly Trace[], x: number, top: number, theme: StillTheme): string {
  const seen = new Set<unknown>();
  return legend
    .filter((trace) => !seen.has(trace['name']) && seen.add(trace['name']))
    .map((trace, i) => {
      const colour =
        (trace['marker'] as { color?: unknown } | undefined)?.color ??
        (trace['line'] as { color?: unknown } | undefined)?.color;
      const y = top + (i + 0.5) * theme.font * 1.55;
      const mark = `<rect x="${x}" y="${y - 5}" width="10" height="10" fill="${typeof colour === 'string' ? colour : theme.muted}" stroke="#868d97" stroke-width="0.5"/>`;
      return `${mark}<text x="${x + 16}" y="${y + theme.font * 0.35}">${escapeHtml(bare(String(trace['name'])))}</text>`;
    })
    .join('');
}

function titleSvg(layout: Json, theme: StillTheme): string {
  const title = layout['title'] as { text?: string; subtitle?: { text?: string } } | undefined;
  if (!title?.text) return '';
  const y = theme.font * 1.2 + 14;
  const sub = title.subtitle?.text
    ? `<text x="14" y="${y + theme.font * 1.6}" font-size="${theme.font * 0.95}" fill="${theme.muted}">${escapeHtml(bare(title.subtitle.text))}</text>`
    : '';
  return `<text x="14" y="${y}" font-size="${theme.font * 1.2}" font-weight="600">${escapeHtml(bare(title.text))}</text>${sub}`;
}

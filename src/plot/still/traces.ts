import type { Trace } from '../figure.js';
import { escapeHtml } from '../html.js';
import { colourAt } from '../theme.js';
import type { StillAxis } from './axis.js';
import { numbersOf } from './numbers.js';

type Json = Record<string, unknown>;

export interface StillTheme {
  readonly text: string;
  readonly muted: string;
  readonly grid: string;
  readonly paper: string;
  readonly sequential: readonly string[];
  readonly diverging: readonly string[];
  readonly font: number;
  readonly line: number;
}

const round = (value: number) => Math.round(value * 10) / 10;

/** A trace as SVG; kinds that cannot stand still are left out. */
export function traceSvg(trace: Trace, x: StillAxis, y: StillAxis, theme: StillTheme): string {
  if (trace.type === 'heatmap') return heatmapSvg(trace, x, y, theme);
  if (trace.type === 'bar') return barSvg(trace, x, y);
  if (trace.type !== 'scatter') return '';
  const mode = String(trace['mode'] ?? 'lines');
  const xs = numbersOf(trace['x']);
  const ys = numbersOf(trace['y']);
  const line = (trace['line'] ?? {}) as Json;
  const marker = (trace['marker'] ?? {}) as Json;
  const points = xs.map((value, i) => [round(x.at(value)), round(y.at(ys[i]!))] as const);
  const parts: string[] = [];
  if (mode.includes('lines')) {
    const stepped = line['shape'] === 'hv';
    let path = '';
    let open = false;
    points.forEach(([px, py], i) => {
      if (!Number.isFinite(px) || !Number.isFinite(py)) {
        open = false;
        return;
      }
      path += open && stepped ? `H${px}V${py}` : `${open ? 'L' : 'M'}${px} ${py}`;
      open = true;
      if (i === points.length - 1 && trace['fill']) path += 'Z';
    });
    const fill = trace['fill'] ? String(trace['fillcolor']) : 'none';
    const width = Number(line['width'] ?? theme.line);
    const dash = line['dash'] ? ' stroke-dasharray="5 4"' : '';
    parts.push(
      `<path d="${path}" fill="${fill}" stroke="${line['color'] ?? theme.text}" stroke-width="${width}" stroke-linejoin="round"${dash}/>`,
    );
  }
  if (mode.includes('markers')) {
    const size = Number(marker['size'] ?? 3 * theme.line) / 2;
    for (const [px, py] of points) {
      if (Number.isFinite(px) && Number.isFinite(py))
        parts.push(`<circle cx="${px}" cy="${py}" r="${round(size)}" fill="${marker['color']}"/>`);
    }
  }
  if (mode.includes('text')) {
    const texts = (trace['text'] ?? []) as string[];
    points.forEach(([px, py], i) => {
      parts.push(`<text x="${px}" y="${py - 9}" text-anchor="middle">${escapeHtml(texts[i] ?? '')}</text>`);
    });
  }
  return parts.join('');
}

function barSvg(trace: Trace, x: StillAxis, y: StillAxis): string {
  const xs = numbersOf(trace['x']);
  const ys = numbersOf(trace['y']);
  const colours = ((trace['marker'] as Json)['color'] ?? []) as string[];
  const half = Number(trace['width'] ?? 0.8) / 2;
  return xs
    .map((value, i) => {
      const [left, right] = [x.at(0), x.at(value)].sort((a, b) => a - b);
      const [top, bottom] = [y.at(ys[i]! - half), y.at(ys[i]! + half)].sort((a, b) => a - b);
      return `<rect x="${round(left!)}" y="${round(top!)}" width="${round(right! - left!)}" height="${round(bottom! - top!)}" fill="${colours[i]}"/>`;
    })
    .join('');
}

function heatmapSvg(trace: Trace, x: StillAxis, y: StillAxis, theme: StillTheme): string {
  const z = trace['z'] as { shape?: string };
  const values = numbersOf(z);
  const [nRows = 0, nColumns = 0] = (z.shape ?? '0, 0').split(',').map(Number);
  const [low, high] = [Number(trace['zmin']), Number(trace['zmax'])];
  const stops = low < 0 ? theme.diverging : theme.sequential;
  const cells: string[] = [];
  if (nRows * nColumns > 10_000) return '';
  for (let row = 0; row < nRows; row++) {
    for (let column = 0; column < nColumns; column++) {
      const value = values[row * nColumns + column]!;
      if (Number.isNaN(value)) continue;
      const [left, right] = [x.at(column - 0.5), x.at(column + 0.5)];
      const [top, bottom] = [y.at(row - 0.5), y.at(row + 0.5)].sort((a, b) => a - b);
      const colour = colourAt(stops, (value - low) / (high - low));
      cells.push(
        `<rect x="${round(left)}" y="${round(top!)}" width="${round(right - left - 1)}" height="${round(bottom! - top! - 1)}" fill="${colour}"/>`,
      );
    }
  }
  return cells.join('');
}

import { niceTicks, numbersOf } from './numbers.js';

type Json = Record<string, unknown>;

/** An axis drawn still: where values go, in pixels, and its ticks. */
export interface StillAxis {
  /** Pixel of a value. */
  at(value: number): number;
  readonly ticks: readonly { at: number; text: string }[];
  readonly start: number;
  readonly end: number;
  readonly visible: boolean;
  readonly grid: boolean;
  readonly title: string;
  readonly showLabels: boolean;
}

/**
 * @param axis the layout's
 * @param values of all traces on it
 * @param span pixels of domain 0 and 1
 * @param how `tight` leaves no room beside the values, as for cells
 */
export function stillAxis(
  axis: Json,
  values: readonly number[],
  span: readonly [number, number],
  how: { isX: boolean; tight: boolean },
): StillAxis {
  const [from, to] = span;
  const [low, high] = (axis['domain'] as [number, number] | undefined) ?? [0, 1];
  const start = from + (to - from) * low;
  const end = from + (to - from) * high;
  const log = axis['type'] === 'log';
  const scale = (value: number) => (log ? Math.log10(value) : value);
  const [first, last] = rangeOf(axis, values, log, how.tight);
  const at = (value: number) => start + ((scale(value) - first) / (last - first || 1)) * (end - start);
  const inside = (value: number) => {
    const t = (scale(value) - first) / (last - first || 1);
    return t > -0.001 && t < 1.001;
  };
  const given = axis['tickvals'] === undefined ? undefined : numbersOf(axis['tickvals']);
  const texts = axis['ticktext'] as string[] | undefined;
  const percent = String(axis['tickformat'] ?? '').includes('%');
  const made = log
    ? niceTicks(Math.ceil(Math.min(first, last)), Math.max(first, last), 4)
        .filter(Number.isInteger)
        .map((power) => 10 ** power)
    : niceTicks(Math.min(first, last), Math.max(first, last), 5);
  const ticks = (given ?? made)
    .map((value, i) => ({
      value,
      text: texts?.[i] ?? (percent ? `${Math.round(100 * value)}%` : label(value)),
    }))
    .filter(({ value }) => inside(value))
    .map(({ value, text }) => ({ at: at(value), text: bare(text) }));
  const title = axis['title'] as { text?: string } | undefined;
  return {
    ...{ at, ticks, start, end, visible: axis['visible'] !== false, title: bare(title?.text ?? '') },
    grid: axis['showgrid'] === undefined ? !how.isX : Boolean(axis['showgrid']),
    showLabels: axis['showticklabels'] !== false,
  };
}

function rangeOf(axis: Json, values: readonly number[], log: boolean, tight: boolean): [number, number] {
  const given = axis['range'] as [number, number] | undefined;
  if (given) return given;
  const usable = values
    .filter((value) => Number.isFinite(value) && (!log || value > 0))
    .map((v) => (log ? Math.log10(v) : v));
  let low = usable.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  let high = usable.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  if (!(low <= high)) [low, high] = [0, 1];
  const pad = tight ? 0 : (high - low || 1) * 0.05;
  const zero = axis['rangemode'] === 'tozero';
  const range: [number, number] = [zero && low >= 0 ? 0 : low - pad, high + pad];
  return axis['autorange'] === 'reversed' ? [range[1], range[0]] : range;
}

const label = (value: number) => (Math.abs(value) >= 1e4 ? value.toLocaleString('en-US') : String(value));

/** A label without Plotly's markup. */
export function bare(text: string): string {
  return text
    .replace(/<br\s*\/?>/g, ' ')
    .replace(/<[^>]+>/g, '')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}

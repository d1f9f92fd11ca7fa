import { escapeHtml } from '../plot/html.js';
import type { ProgressEvent, ProgressListener } from '../util/progress.js';
import { inNotebook, writeOutput } from './display.js';

let nLines = 0;

/**
 * A progress line that moves in the running cell, for the `onProgress` of any long function; silent outside a
 * notebook.
 *
 * @example const fit = await fitDecoder(data, { onProgress: liveProgress() });
 */
export function liveProgress(): ProgressListener {
  if (!inNotebook()) return () => {};
  const id = `sdc-progress-${process.pid}-${nLines++}`;
  let isShown = false;
  let last = Number.NEGATIVE_INFINITY;
  return (event) => {
    const now = performance.now();
    if (now - last < 250 && event.done !== event.total) return;
    last = now;
    writeOutput(progressBundle(event), id, isShown);
    isShown = true;
  };
}

function progressBundle({ label, done, total, detail }: ProgressEvent) {
  const share = total ? Math.min(1, done / total) : undefined;
  const words = [label, share === undefined ? '' : `${Math.round(share * 100)} %`, detail ?? '']
    .filter(Boolean)
    .join(' · ');
  const bar = share === undefined ? '' : `<progress max="1" value="${share.toFixed(3)}"></progress> `;
  return {
    'text/html': `<div style="font:13px sans-serif;color:#868d97">${bar}${escapeHtml(words)}</div>`,
    'text/plain': words,
  };
}

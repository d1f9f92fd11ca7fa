import { readFile, writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { writeAtomically } from '../data/writeAtomically.js';
import { EngineError, InputError } from '../util/errors.js';
import { plotlySource } from './assets.js';
import { runBrowser } from './browser.js';
import { type Figure, isFigure } from './figure.js';
import { scriptJson } from './html.js';
import { renderPage } from './renderPage.js';

/** Options of {@link saveFigure}. */
export interface SaveFigureOptions {
  /** Pixels of a PNG for each of the figure's; 2 by default, 4 gives some 300 dpi in print. */
  scale?: number;
}

/**
 * Writes a figure to a file, by its extension: `.html` is one offline page, `.json` Plotly's own JSON; `.png`, `.svg`
 * and `.pdf` are drawn by a headless Chromium, where there is one (see `SDC_BROWSER`). A PDF has the figure's size;
 * maps and 3D scenes in SVG and PDF are pictures within vector graphics.
 *
 * @throws InputError for other extensions; MissingError for pictures without a browser
 * @example await saveFigure('retrieval.pdf', retrievalCurves(curves, { size: 'column' }))
 */
export async function saveFigure(
  path: string,
  figure: Figure,
  options: SaveFigureOptions = {},
): Promise<void> {
  const { scale = 2 } = options;
  if (!(scale > 0 && scale <= 10)) throw new InputError('scale', scale, 'in (0, 10]');
  if (typeof path !== 'string') throw new InputError('path', path, 'a file name', 'saveFigure(path, figure)');
  if (!isFigure(figure)) throw new InputError('figure', figure, 'a figure', 'saveFigure(path, figure)');
  const kind = extname(path).toLowerCase();
  if (!['.html', '.json', '.png', '.svg', '.pdf'].includes(kind)) {
    throw new InputError('figure file', path, 'named .html, .json, .png, .svg or .pdf');
  }
  await writeAtomically(path, async (aside) => {
    if (kind === '.html') {
      const title = (figure.layout['title'] as { text?: string } | undefined)?.text ?? 'Figure';
      const blocks = [figure, figure.description];
      await writeFile(aside, renderPage({ title, sections: [{ title: 'Figure', blocks }] }));
    } else if (kind === '.json') {
      const { data, layout, config } = figure;
      await writeFile(aside, JSON.stringify({ data, layout, config }));
    } else if (kind === '.pdf') await writePdf(aside, await drawn(figure, 'svg', 1), figure);
    else await writeFile(aside, await drawn(figure, kind === '.png' ? 'png' : 'svg', scale));
  });
}

/** The figure as bytes of a PNG or SVG, drawn by Plotly in a browser. */
async function drawn(figure: Figure, format: 'png' | 'svg', scale: number): Promise<Buffer> {
  const { data, layout } = figure;
  const { width = 760, height = 420 } = layout as { width?: number; height?: number };
  const how = JSON.stringify({ format, width, height, scale: format === 'png' ? scale : 1 });
  const html = `<!doctype html><meta charset="utf-8"><div id="figure"></div>
<script>${plotlySource()}</script>
<script>
const { data, layout } = ${scriptJson({ data, layout })};
const write = (text) => { document.body.innerHTML = '<pre id="out">' + text + '</pre>'; };
Plotly.newPlot('figure', data, layout, { staticPlot: true })
  .then((div) => Plotly.toImage(div, ${how}))
  .then((uri) => write(uri.startsWith('data:image/svg+xml,') ? btoa(unescape(uri.slice(19))) : uri.slice(uri.indexOf(',') + 1)))
  .catch((error) => write('error: ' + error.message));
</script>`;
  const out = /<pre id="out">([^<]*)<\/pre>/.exec(await runBrowser(html, ['--dump-dom']))?.[1];
  if (!out || out.startsWith('error:')) {
    throw new EngineError(
      'Chromium',
      `could not draw the figure (${out ?? 'no picture came'})`,
      'save it as .html instead',
    );
  }
  return Buffer.from(out, 'base64');
}

async function writePdf(path: string, svg: Buffer, figure: Figure): Promise<void> {
  const { width = 760, height = 420 } = figure.layout as { width?: number; height?: number };
  const html = `<!doctype html><meta charset="utf-8"><style>@page { size: ${width}px ${height}px; margin: 0 } body { margin: 0 } svg { display: block }</style>${svg.toString()}`;
  await runBrowser(html, [`--print-to-pdf=${path}`, '--no-pdf-header-footer']);
  const bytes = await readFile(path);
  if (bytes.subarray(0, 5).toString() !== '%PDF-')
    throw new EngineError('Chromium', 'wrote no PDF', 'save it as .svg instead');
}

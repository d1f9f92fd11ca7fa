import { createHash } from 'node:crypto';
import { asset, contentCss, plotlySource } from '../plot/assets.js';
import { type CardLike, conceptCardHtml, isCard } from '../plot/conceptCardHtml.js';
import { type Figure, inTheme, isFigure } from '../plot/figure.js';
import { escapeHtml, scriptJson } from '../plot/html.js';
import {
  type Gallery,
  galleryHtml,
  isGallery,
  type Picture,
  type PictureSource,
  pictureUri,
} from '../plot/pictures.js';
import { stillPicture } from '../plot/still/stillPicture.js';
import { isTable, type TableLike, tableHtml, tableText } from '../plot/tableHtml.js';
import { InputError } from '../util/errors.js';
import type { MimeBundle } from './display.js';

/** What {@link show} takes. */
export type Showable =
  | CardLike
  | Figure
  | Gallery
  | TableLike
  | Picture
  | PictureSource
  | readonly (Picture | PictureSource)[];

/** The MIME types of a value, as one output. Throws {@link InputError} for what cannot be shown. */
export function bundleOf(value: Showable, withPlotly = false): MimeBundle {
  if (isFigure(value)) return figureBundle(value, withPlotly);
  if (isCard(value)) {
    const text = `${value.name}: ${value.nVoxels} voxels of ${value.nParticipants} participants`;
    return { 'text/html': styled(conceptCardHtml(value)), 'text/plain': text };
  }
  const gallery = galleryOf(value);
  if (gallery) {
    const n = gallery.pictures.reduce((sum, { pictures }) => sum + pictures.length, 0);
    return { 'text/html': styled(galleryHtml(gallery)), 'text/plain': `${n} pictures` };
  }
  if (isTable(value)) return { 'text/html': styled(tableHtml(value)), 'text/plain': tableText(value) };
  throw new InputError('value to show', value, 'a figure, table, picture, gallery or list of pictures');
}

const isPicture = (value: unknown): value is Picture =>
  typeof value === 'object' && value !== null && 'image' in value;
const isSource = (value: unknown): value is PictureSource =>
  value instanceof Uint8Array || (typeof value === 'string' && value.startsWith('data:image/'));

function galleryOf(value: unknown): Gallery | undefined {
  if (isGallery(value)) return value;
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((item) => isPicture(item) || isSource(item))) return undefined;
  const pictures = list.map((item): Picture => (isSource(item) ? { image: item } : (item as Picture)));
  pictures.forEach(({ image }) => {
    pictureUri(image);
  });
  return { pictures: [{ pictures }] };
}

function styled(html: string): string {
  return `<style>${contentCss()}</style>${html}`;
}

/**
 * A figure as Plotly's own MIME type (JupyterLab with its extension, VS Code), as HTML that draws itself once
 * plotly.js is in the page (and is a still picture until then, or for ever where scripts are stripped), and as text. Its element goes by the hash of the figure, so that the same figure gives
 * the same bytes; the script draws into the first such element that is still empty.
 */
function figureBundle(figure: Figure, withPlotly: boolean): MimeBundle {
  const { data, layout, config = {}, description } = inTheme(figure);
  const { width = 760, height = 420 } = layout as { width?: number; height?: number };
  const label = escapeHtml(description);
  const json = scriptJson({ data, layout, config });
  const name = `sdc-${createHash('sha256').update(json).digest('hex').slice(0, 16)}`;
  const hasPictures = data.some((trace) => (trace['meta'] as { pictures?: unknown } | undefined)?.pictures);
  const hasLayers = (layout['meta'] as { layers?: unknown } | undefined)?.layers !== undefined;
  const extras = [
    ...(hasPictures ? [['hover', 'sdcHover']] : []),
    ...(hasLayers ? [['layers', 'sdcLayers']] : []),
  ];
  const scripts = extras.map(([file]) => `<script>${asset(`${file}.client.js`)}</script>\n`).join('');
  const after = extras.map(([, run]) => `window.${run}(div);`).join('');
  const still = `data:image/svg+xml;base64,${Buffer.from(stillPicture(figure)).toString('base64')}`;
  const html = `${scripts}${withPlotly ? plotlyHtml() : ''}<div class="${name}" role="img" aria-label="${label}" style="width:${width}px;height:${height}px;max-width:100%"><img src="${still}" alt="${label}" style="max-width:100%"></div>
<script>(function () {
  var figure = ${json}, tries = 0;
  (function draw() {
    var div = document.querySelector(".${name}:not([data-drawn])");
    if (div && window.Plotly) {
      div.dataset.drawn = "yes";
      div.replaceChildren();
      window.Plotly.newPlot(div, figure.data, figure.layout, figure.config)${after && `.then(function () { ${after} })`};
    } else if (tries++ < 600) setTimeout(draw, 50);
    else if (div) div.textContent = "plotly.js is not in this page: run the cell with startNotebook() again.";
  })();
})();</script>`;
  return {
    'application/vnd.plotly.v1+json': { data, layout, config },
    'text/html': html,
    'text/plain': description,
  };
}

/**
 * HTML that puts plotly.js into a page, once however often it is there. The module loaders of some notebook front
 * ends are kept from catching the bundle, which would leave `window.Plotly` undefined.
 */
export function plotlyHtml(): string {
  return `<script>if (!window.Plotly) (function (define, module, exports) {
${plotlySource()}
}).call(window);</script>`;
}

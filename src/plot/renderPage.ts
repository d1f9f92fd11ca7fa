import { asset, plotlySource } from './assets.js';
import { type Figure, figureSizes, isFigure } from './figure.js';
import { escapeHtml, inlineHtml, scriptJson } from './html.js';
import { base64Of } from './pack.js';
import { type Gallery, galleryHtml, isGallery } from './pictures.js';
import { type TableLike, tableHtml } from './tableHtml.js';
import { template } from './theme.js';

/** A piece of a page. A string is a paragraph, in which `code`, **bold**, *italics* and [links](…) may stand. */
export type Block =
  | string
  | Figure
  | Gallery
  | { readonly figure: Figure; readonly caption?: string }
  | { readonly table: TableLike; readonly caption?: string; readonly maxRows?: number }
  | { readonly gallery: Gallery; readonly caption?: string; readonly width?: number }
  | { readonly heading: string }
  | { readonly list: readonly string[] }
  | { readonly row: readonly Block[] }
  | { readonly details: string; readonly blocks: readonly Block[] }
  /** Ready HTML, trusted as it is. */
  | { readonly html: string };

/** A section of a page, with its heading. */
export interface Section {
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** A page: what {@link renderPage} writes. */
export interface Page {
  readonly title: string;
  /** A sentence or two under the title. */
  readonly lead?: string;
  readonly sections: readonly Section[];
  readonly footer?: string;
  /** Address of plotly.js relative to the page, for pages of one site that share it. Default: in the page itself. */
  readonly plotly?: string;
}

/**
 * A page as one HTML file that needs nothing else: plotly.js once, data that several figures share (surfaces,
 * curvature) once, figures drawn as they are scrolled to, light and dark. The same input gives the same bytes.
 *
 * Cost: 4.9 MB for plotly.js, if there is any figure, plus the figures' own data.
 *
 * @example renderPage({ title: 'Report', sections: [{ title: 'Decoding', blocks: ['Two participants.', figure] }] })
 */
export function renderPage(page: Page): string {
  const figures: Figure[] = [];
  const ids = sectionIds(page.sections);
  const body = page.sections
    .map(({ title, blocks }, i) => {
      const inner = blocks.map((block) => blockHtml(block, figures)).join('\n');
      return `<section aria-labelledby="${ids[i]}"><h2 id="${ids[i]}">${inlineHtml(title)}</h2>\n${inner}</section>`;
    })
    .join('\n');
  const widest = Math.max(0, ...figures.map(({ layout }) => Number(layout['width'] ?? 0)));
  const links = page.sections.map(({ title }, i) => `<li><a href="#${ids[i]}">${inlineHtml(title)}</a></li>`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<link rel="icon" href="data:,">
<style>${asset('page.css')}${asset('content.css')}</style>
</head>
<body${widest > 976 ? ` style="--widest:${widest + 48}px"` : ''}>
<header>
<div><h1>${escapeHtml(page.title)}</h1>
${page.lead ? `<p class="lead">${inlineHtml(page.lead)}</p>` : ''}
${links.length > 1 ? `<nav class="contents" aria-label="Contents"><ol>${links.join('')}</ol></nav>` : ''}</div>
<button type="button" id="theme" aria-pressed="false">Dark</button>
</header>
<main>
${body}
</main>
<footer>${page.footer ? inlineHtml(page.footer) : ''}</footer>
<script type="application/json" id="figures">${scriptJson(packFigures(figures))}</script>
${plotlyScript(page, figures.length)}
<script>${asset('hover.client.js')}${asset('layers.client.js')}${asset('page.client.js')}</script>
</body>
</html>
`;
}

function plotlyScript({ plotly }: Page, nFigures: number): string {
  if (nFigures === 0) return '';
  return plotly ? `<script src="${escapeHtml(plotly)}"></script>` : `<script>${plotlySource()}</script>`;
}

function sectionIds(sections: readonly Section[]): string[] {
  const seen = new Set<string>();
  return sections.map(({ title }, i) => {
    let id =
      title
        .toLowerCase()
        .replace(/[^a-z0-9]+/g, '-')
        .replace(/^-|-$/g, '') || `section-${i}`;
    if (seen.has(id)) id += `-${i}`;
    seen.add(id);
    return id;
  });
}

function blockHtml(block: Block, figures: Figure[]): string {
  if (typeof block === 'string') return `<p>${inlineHtml(block)}</p>`;
  if (isFigure(block)) return figureHtml(block, undefined, figures);
  if (isGallery(block)) return galleryHtml(block);
  if ('figure' in block) return figureHtml(block.figure, block.caption, figures);
  if ('table' in block) return `<figure>${tableHtml(block.table, block)}</figure>`;
  if ('gallery' in block) {
    const caption = block.caption ? `<figcaption>${inlineHtml(block.caption)}</figcaption>` : '';
    return `<figure>${galleryHtml(block.gallery, block)}${caption}</figure>`;
  }
  if ('heading' in block) return `<h3>${inlineHtml(block.heading)}</h3>`;
  if ('list' in block) return `<ul>${block.list.map((item) => `<li>${inlineHtml(item)}</li>`).join('')}</ul>`;
  if ('row' in block)
    return `<div class="row">${block.row.map((inner) => blockHtml(inner, figures)).join('')}</div>`;
  if ('html' in block) return block.html;
  const inner = block.blocks.map((piece) => blockHtml(piece, figures)).join('\n');
  return `<details><summary>${inlineHtml(block.details)}</summary>${inner}</details>`;
}

function figureHtml(figure: Figure, caption: string | undefined, figures: Figure[]): string {
  const { width, height } = figure.layout as { width: number; height: number };
  const index = figures.push(figure) - 1;
  const style = `width:${width ?? 760}px;height:${height ?? 420}px`;
  const words = caption ? `<figcaption>${inlineHtml(caption)}</figcaption>` : '';
  const label = escapeHtml(figure.description ?? 'figure');
  return `<figure><div class="sdc-figure" data-figure="${index}" role="img" aria-label="${label}" style="${style}"></div>${words}</figure>`;
}

/**
 * Long strings that occur more than once are written once and referred to, lists of few different strings as
 * numbers; templates go by their size.
 */
export function packFigures(figures: readonly Figure[]): Record<string, unknown> {
  const uses = new Map<string, number>();
  const visit = (value: unknown): void => {
    if (typeof value === 'string') {
      if (value.length >= 1024) uses.set(value, (uses.get(value) ?? 0) + 1);
    } else if (value && typeof value === 'object') Object.values(value).forEach(visit);
  };
  figures.forEach((figure) => {
    visit(figure.data);
    visit(figure.layout);
  });
  const shared = [...uses].filter(([, n]) => n > 1).map(([text]) => text);
  const place = new Map(shared.map((text, i) => [text, `shared:${i}`]));
  const replaced = (value: unknown): unknown => {
    if (typeof value === 'string') return place.get(value) ?? value;
    if (Array.isArray(value)) return packStrings(value) ?? value.map(replaced);
    if (value && typeof value === 'object') {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, replaced(inner)]));
    }
    return value;
  };
  const templates: Record<string, unknown> = {};
  const packed = figures.map(({ data, layout, config }) => {
    const { template: own, ...rest } = layout as { template?: { layout?: { font?: { size?: number } } } };
    const size = Object.entries(figureSizes).find(([, { font }]) => font === own?.layout?.font?.size);
    if (size) {
      const [name, { font, scale }] = size;
      templates[name] ??= { light: template('light', font, scale), dark: template('dark', font, scale) };
    }
    return {
      data: replaced(data),
      layout: replaced(size ? rest : layout),
      ...(config && { config }),
      ...(size && { template: size[0] }),
    };
  });
  return { figures: packed, templates, shared };
}

/** A long list of few different strings (names at points, say) as those and a 16-bit number for each. */
function packStrings(list: readonly unknown[]): { strings: string[]; codes: string } | undefined {
  if (list.length < 256 || !list.every((item) => typeof item === 'string')) return undefined;
  const numbers = new Map<string, number>();
  for (const item of list) if (!numbers.has(item)) numbers.set(item, numbers.size);
  if (numbers.size > Math.min(65_536, list.length / 3)) return undefined;
  const codes = Uint16Array.from(list, (item) => numbers.get(item as string)!);
  return { strings: [...numbers.keys()], codes: base64Of(codes) };
}

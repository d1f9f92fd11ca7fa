import { stripVTControlCharacters } from 'node:util';
import { contentCss } from '../plot/assets.js';
import type { Figure } from '../plot/figure.js';
import { escapeHtml } from '../plot/html.js';
import { type Block, type Page, renderPage } from '../plot/renderPage.js';
import { plotlyHtml } from './bundle.js';
import { type Notebook, type NotebookOutput, sourceOf } from './executeNotebook.js';
import { highlightCode } from './highlightCode.js';
import { markdownHtml } from './markdown.js';

/** Style of running text, code and tables from Markdown, beside the page's own. */
export const proseCss = `<style>
pre { overflow-x: auto; font: 0.85rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; margin: 0 0 1rem; max-width: 60rem; }
pre code { font: inherit; background: none; padding: 0; }
pre.code { background: var(--raised); border-left: 3px solid var(--line); padding: 0.7rem 3.6rem 0.7rem 1rem; position: relative; white-space: pre-wrap; overflow-wrap: anywhere; }
pre.code::before { content: attr(data-count); position: absolute; right: 0.9rem; color: var(--muted); }
pre.text { margin-top: 0.4rem; padding: 0 1rem; color: var(--muted); white-space: pre-wrap; }
.code .comment { color: var(--muted); font-style: italic; } .code .keyword { color: var(--accent); } .code .string, .code .number { color: #2a7d4f; }
:root[data-theme="dark"] .code .string, :root[data-theme="dark"] .code .number { color: #7fd0a4; }
.sdc-table { margin-bottom: 1rem; }
section table:not(.sdc-table table) { border-collapse: collapse; margin: 0 0 1rem; font-size: 0.9rem; }
section td, section th { padding: 0.25rem 0.9rem 0.25rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
math { font-size: 1.05em; } math[display="block"] { margin: 0.5rem 0 1rem; }
blockquote { margin: 0 0 1rem; padding-left: 1rem; border-left: 3px solid var(--line); color: var(--muted); }
</style>`;

/** The title of a notebook: its first heading. */
export function notebookTitle(notebook: Notebook): string {
  const text = notebook.cells.filter((cell) => cell.cell_type === 'markdown').map(sourceOf);
  return /^#\s+(.+)$/m.exec(text.join('\n'))?.[1]?.trim() ?? 'Notebook';
}

/**
 * An executed notebook as one page: prose, code and outputs in their order, a section for each second-level heading,
 * figures drawn by the plotly.js at `plotly` (an address relative to the page).
 */
export function renderNotebook(notebook: Notebook, plotly: string, footer = ''): string {
  const sections: { title: string; blocks: Block[] }[] = [];
  const lead: Block[] = [{ html: proseCss }];
  const blocks = () => sections.at(-1)?.blocks ?? lead;
  for (const cell of notebook.cells) {
    if (cell.cell_type === 'markdown') {
      for (const part of sourceOf(cell).split(/^(?=## )/m)) {
        const heading = /^## (.+)\n?/.exec(part);
        if (heading) sections.push({ title: heading[1]!, blocks: [] });
        const own = part.slice(heading?.[0].length ?? 0).replace(/^# .+\n?/m, '');
        // The first section is titled so.
        const rest = sections.length ? own : own.replace(/^\*\*Question\.\*\* /m, '');
        if (rest.trim()) blocks().push({ html: markdownHtml(rest) });
      }
    } else if (cell.cell_type === 'code') {
      const count = cell.execution_count ?? '';
      const code = highlightCode(sourceOf(cell));
      blocks().push({ html: `<pre class="code" data-count="[${count}]"><code>${code}</code></pre>` });
      blocks().push(...(cell.outputs ?? []).flatMap(outputBlocks));
    }
  }
  const page: Page = {
    title: notebookTitle(notebook),
    sections: [{ title: 'Question', blocks: lead }, ...sections],
    plotly,
    footer,
  };
  return renderPage(page);
}

function outputBlocks(output: NotebookOutput): Block[] {
  if (output.output_type === 'stream') return [textBlock(String(output['text']))];
  if (output.output_type === 'error') return [textBlock((output['traceback'] as string[]).join('\n'))];
  const data = output['data'] as Record<string, unknown>;
  const figure = data['application/vnd.plotly.v1+json'] as Figure | undefined;
  if (figure) return [{ ...figure, description: String(data['text/plain'] ?? 'figure') }];
  const html = data['text/html'];
  // The page has its own plotly.js and its own style sheet.
  if (html === plotlyHtml()) return [];
  if (html !== undefined) return [{ html: String(html).replace(`<style>${contentCss()}</style>`, '') }];
  for (const type of ['image/png', 'image/jpeg'])
    if (data[type])
      return [{ html: `<figure><img alt="" src="data:${type};base64,${data[type]}"></figure>` }];
  if (data['image/svg+xml']) return [{ html: `<figure>${data['image/svg+xml']}</figure>` }];
  if (data['text/markdown']) return [{ html: markdownHtml(String(data['text/markdown'])) }];
  return [textBlock(String(data['text/plain'] ?? ''))];
}

function textBlock(text: string): Block {
  return { html: `<pre class="text">${escapeHtml(stripVTControlCharacters(text).trimEnd())}</pre>` };
}

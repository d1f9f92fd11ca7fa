import { createRequire } from 'node:module';
import { escapeHtml } from '../plot/html.js';

/**
 * Markdown of a notebook's cell as HTML, formulas between dollar signs as MathML, which browsers draw without any
 * script or font. Links to notebooks become links to their pages.
 */
export function markdownHtml(markdown: string): string {
  const require = createRequire(import.meta.url);
  const { marked } = require('marked') as typeof import('marked');
  const { text, formulas } = setFormulasAside(markdown);
  const html = marked.parse(text, { async: false, gfm: true });
  return html
    .replace(/\uE000(\d+)\uE001/g, (_, index: string) => formulas[Number(index)]!)
    .replace(/href="(?!https?:)([^"]+)\.ipynb(#[^"]*)?"/g, 'href="$1.html$2"');
}

/** Replaces formulas outside code by marks that Markdown leaves alone. */
function setFormulasAside(markdown: string): { text: string; formulas: string[] } {
  const formulas: string[] = [];
  const text = markdown.replace(
    /(```[\s\S]*?```|`[^`\n]*`)|\$\$([\s\S]+?)\$\$|\$([^$\n]+?)\$/g,
    (whole, code: string | undefined, display: string | undefined, inline: string | undefined) => {
      if (code !== undefined) return whole;
      const isDisplay = display !== undefined;
      formulas.push(formulaHtml(isDisplay ? display : inline!, isDisplay));
      return `\uE000${formulas.length - 1}\uE001`;
    },
  );
  return { text, formulas };
}

function formulaHtml(formula: string, displayMode: boolean): string {
  const require = createRequire(import.meta.url);
  const { default: temml } = require('temml') as {
    default?: { renderToString(formula: string, options: object): string };
  };
  const renderer = temml ?? (require('temml') as NonNullable<typeof temml>);
  try {
    return renderer.renderToString(formula.trim(), { displayMode, throwOnError: true });
  } catch {
    return `<code>${escapeHtml(formula)}</code>`;
  }
}

import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { writeText } from '../data/writeAtomically.js';
import { escapeHtml } from '../plot/html.js';
import { renderPage } from '../plot/renderPage.js';
import { markdownHtml } from './markdown.js';
import { proseCss } from './renderNotebook.js';

/** A page of the documentation in the site. */
export interface SupplementDoc {
  title: string;
  page: string;
}

/** Writes the pages of a folder of documentation (`docs/*.md`), with their pictures, into a site's `docs`. */
export async function writeDocs(folder: string, out: string): Promise<SupplementDoc[]> {
  const docs: SupplementDoc[] = [];
  await mkdir(join(out, 'docs'), { recursive: true });
  for (const name of (await readdir(folder)).sort()) {
    const path = join(folder, name);
    if (/\.(png|svg)$/.test(name)) await copyFile(path, join(out, 'docs', name));
    if (extname(name) !== '.md') continue;
    const text = await readFile(path, 'utf8');
    const title = /^# (.+)$/m.exec(text)?.[1] ?? name;
    const body = markdownHtml(text.replace(/^# .+\n/, ''));
    const page = `docs/${name.replace(/\.md$/, '.html')}`;
    const html = renderPage({
      title,
      sections: [{ title: '', blocks: [{ html: proseCss }, { html: body }] }],
      footer: '[All pages](../index.html)',
    });
    await writeText(join(out, page), html);
    docs.push({ title, page });
  }
  return docs;
}

/**
 * The links of a page at `page` in the site at `out`: to notebooks and documentation as they lie there; what the site
 * does not have stands without a link.
 */
export function settleLinks(html: string, page: string, out: string): string {
  const up = page.includes('/') ? '../' : '';
  return html.replace(
    /<a href="(?!\w+:|#)([^"#]*)(#[^"]*)?"([^>]*)>([\s\S]*?)<\/a>/g,
    (whole, target: string, hash: string | undefined, rest: string, text: string) => {
      const inSite = target
        .replace(/^(\.\.\/)?notebooks\//, up)
        .replace(/^(?:\.\.\/)?docs\//, `${up}docs/`)
        .replace(/\.md$/, '.html');
      const address = existsSync(join(out, dirname(page), inSite)) ? inSite : target;
      if (!existsSync(join(out, dirname(page), address))) return text;
      return address === target ? whole : `<a href="${escapeHtml(address)}${hash ?? ''}"${rest}>${text}</a>`;
    },
  );
}

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { docsPages, root, withoutCode } from './pages.js';

const pages = docsPages();

/** The anchors of a Markdown page, as code hosts make them of its headings. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading] of markdown.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const plain = heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replace(/[`*_]/g, '');
    anchors.add(
      plain
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
  }
  return anchors;
}

/** What is wrong with a relative link, or nothing. */
function problemOf(from: string, link: string): string | undefined {
  const [file, anchor] = link.split('#') as [string, string?];
  const target = file ? join(root, dirname(from), decodeURIComponent(file)) : join(root, from);
  if (!existsSync(target)) return 'is not there';
  if (!anchor) return undefined;
  if (statSync(target).isDirectory()) return 'is a folder, which has no anchors';
  const text = file ? readFileSync(target, 'utf8') : (pages.find(({ path }) => path === from)?.text ?? '');
  return anchorsOf(text).has(anchor) ? undefined : 'has no such heading';
}

it.each(pages)('every relative link of $path leads to a file, and its anchor to a heading', (page) => {
  const links = [...withoutCode(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link!);
  const relative = links.filter((link) => !/^(https?:|mailto:)/.test(link));
  const broken = relative.map((link) => [link, problemOf(page.path, link)]).filter(([, problem]) => problem);
  expect(broken).toEqual([]);
});

it('links that lead nowhere are noticed', () => {
  expect(problemOf('README.md', 'docs/no-such-page.md')).toBe('is not there');
  expect(problemOf('README.md', 'docs/errors.md#no-such-heading')).toBe('has no such heading');
  expect(anchorsOf('## What is *found* at `eps` 0.2, and why?')).toEqual(
    new Set(['what-is-found-at-eps-02-and-why']),
  );
});

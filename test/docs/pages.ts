import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const root = join(import.meta.dirname, '../..');

/** A page that people read: its path from the root, and its Markdown. */
export interface DocsPage {
  path: string;
  text: string;
}

/** README and its kin, docs, and the prose of the notebooks. */
export function docsPages(): DocsPage[] {
  const read = (path: string) => ({ path, text: readFileSync(join(root, path), 'utf8') });
  const inFolder = (folder: string, end: string) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith(end))
      .map((name) => `${folder}/${name}`);
  const notebooks = inFolder('notebooks', '.ipynb').map((path) => {
    const { cells } = JSON.parse(read(path).text) as { cells: { cell_type: string; source: string[] }[] };
    const prose = cells.filter(({ cell_type }) => cell_type === 'markdown');
    return { path, text: prose.map(({ source }) => [source].flat().join('')).join('\n\n') };
  });
  const own = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md'].map(read);
  return [...own, ...inFolder('docs', '.md').map(read), ...notebooks];
}

const fence = /^ {0,3}```(\w*)\n([\s\S]*?)^ {0,3}```/gm;

/** The fenced blocks of a page in one of the languages. */
export function codeBlocks({ text }: DocsPage, ...languages: string[]): string[] {
  return [...text.matchAll(fence)]
    .filter(([, language]) => languages.includes(language!))
    .map(([, , code]) => code!);
}

/** What stands between backticks in running text. */
export function inlineCode({ text }: DocsPage): string[] {
  return [...text.replace(fence, '').matchAll(/`([^`\n]+)`/g)].map(([, code]) => code!);
}

/** Text without any code. */
export const withoutCode = ({ text }: DocsPage) => text.replace(fence, '').replace(/`[^`\n]*`/g, '');

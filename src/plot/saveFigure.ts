import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { writeAtomically } from '../data/write-atomically.js';
import { InputError } from '../util/errors.js';
import type { Figure } from './figure.js';
import { renderPage } from './renderPage.js';

/**
 * Writes a figure to a file, by its extension: `.html` is one offline page, `.json` Plotly's own JSON.
 *
 * @throws InputError for other extensions
 * @example await saveFigure('retrieval.html', figure)
 */
export async function saveFigure(path: string, figure: Figure): Promise<void> {
  const text = fileText(path, figure);
  await writeAtomically(path, (aside) => writeFile(aside, text));
}

function fileText(path: string, figure: Figure): string {
  const kind = extname(path).toLowerCase();
  if (kind === '.html') {
    const title = (figure.layout['title'] as { text?: string } | undefined)?.text ?? 'Figure';
    return renderPage({ title, sections: [{ title: 'Figure', blocks: [figure, figure.description] }] });
  }
  if (kind !== '.json') throw new InputError('figure file', path, 'named .html or .json');
  const { data, layout, config } = figure;
  return JSON.stringify({ data, layout, config });
}

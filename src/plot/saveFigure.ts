import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
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
  const kind = extname(path).toLowerCase();
  if (kind === '.html') {
    const title = (figure.layout['title'] as { text?: string } | undefined)?.text ?? 'Figure';
    await writeFile(
      path,
      renderPage({ title, sections: [{ title: 'Figure', blocks: [figure, figure.description] }] }),
    );
  } else if (kind === '.json') {
    const { data, layout, config } = figure;
    await writeFile(path, JSON.stringify({ data, layout, config }));
  } else throw new InputError('figure file', path, 'named .html or .json');
}

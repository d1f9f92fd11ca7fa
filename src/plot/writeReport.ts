import { writeText } from '../data/writeAtomically.js';
import { type Page, renderPage } from './renderPage.js';

/**
 * Writes {@link renderPage}'s page to a file.
 *
 * @example await writeReport('report.html', { title: 'Phantom', sections })
 */
export async function writeReport(path: string, page: Page): Promise<void> {
  await writeText(path, renderPage(page));
}

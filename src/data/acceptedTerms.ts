import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError } from '../util/errors.js';
import type { Manifest } from './manifest.js';
import { writeText } from './writeAtomically.js';

/**
 * Refuses to fetch what has terms that were not accepted. Acceptance is recorded in the data set's folder, with the
 * terms' wording, and holds for later calls as long as these stay the same.
 *
 * @throws InputError with the terms and where they are
 */
export async function acceptedTerms(
  { title, terms }: Manifest,
  folder: string,
  accepted: boolean,
): Promise<void> {
  if (!terms) return;
  const { text, url } = terms;
  const record = join(folder, '.fetched', 'terms.json');
  try {
    const earlier = JSON.parse(await readFile(record, 'utf8'));
    if (earlier.text === text && earlier.url === url) return;
  } catch {
    // not accepted before
  }
  if (!accepted) {
    const fix = `${text} Read ${url}, then give --accept-terms (acceptTerms: true)`;
    throw new InputError(`acceptance of the terms of ${title}`, accepted, 'true', fix);
  }
  const entry = `${JSON.stringify({ text, url, acceptedAt: new Date().toISOString() }, undefined, 2)}\n`;
  // Where nothing can be written they are asked for again.
  await writeText(record, entry).catch(() => undefined);
}

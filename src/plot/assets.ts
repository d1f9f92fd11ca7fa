import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { FileError } from '../util/errors.js';

const kept = new Map<string, string>();

function readOnce(path: string | URL, name: string): string {
  let text = kept.get(name);
  if (text === undefined) {
    try {
      text = readFileSync(path, 'utf8');
    } catch (cause) {
      throw new FileError(String(path), 'is missing', 'run "npm ci" in the project\'s folder', cause);
    }
    kept.set(name, text);
  }
  return text;
}

/** The text of a file in `assets/`. */
export function asset(name: string): string {
  return readOnce(new URL(`./assets/${name}`, import.meta.url), name);
}

/** The whole of plotly.js as one script, safe inside a script element (4.9 MB). */
export function plotlySource(): string {
  const require = createRequire(import.meta.url);
  return readOnce(require.resolve('plotly.js/plotly.min.js'), 'plotly').replace(/<\/script/gi, '<\\/script');
}

/** Styles of tables, galleries and cards. */
export function contentCss(): string {
  return asset('content.css');
}

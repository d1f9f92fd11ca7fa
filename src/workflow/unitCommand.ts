import { fileURLToPath } from 'node:url';

/** Absolute path of a file of dist/, also where this runs from src/. */
export function builtFile(path: string): string {
  const here = fileURLToPath(new URL('..', import.meta.url)).replace(/\/src\/$/, '/dist/');
  return here + path;
}

/** The shell command that calls this installation of sdc, by absolute paths. */
export function cliCommand(): string {
  return `${shellQuote(process.execPath)} ${shellQuote(builtFile('cli.js'))}`;
}

/** A word as a shell reads it literally. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

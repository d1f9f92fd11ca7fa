import { fileURLToPath } from 'node:url';

/** The shell command that calls this installation of sdc, by absolute paths. */
export function cliCommand(): string {
  const script = fileURLToPath(new URL('../cli.js', import.meta.url)).replace(
    /\/src\/cli\.js$/,
    '/dist/cli.js',
  );
  return `'${process.execPath}' '${script}'`;
}

/** A word as a shell reads it literally. */
export function shellQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

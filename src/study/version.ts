import { readFile } from 'node:fs/promises';

let version: Promise<string> | undefined;

/** The toolkit's own version, from its package.json. */
export function packageVersion(): Promise<string> {
  version ??= readFile(new URL('../../package.json', import.meta.url), 'utf8').then(
    (text) => (JSON.parse(text) as { version: string }).version,
  );
  return version;
}

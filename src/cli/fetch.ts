import { fetchManifest, listManifests, loadManifest } from '../data/index.js';
import { InputError } from '../util/index.js';
import type { Command, OptionValues } from './command.js';

export const fetch: Command = {
  name: 'fetch',
  summary: 'fetch the files of a public data set into the cache, checked by hash',
  usage: 'NAME [--participants …] [--sessions …] [--cache DIR] [--from DIR…] [--accept-terms]',
  options: {
    participants: { type: 'string' },
    sessions: { type: 'string' },
    extra: { type: 'string' },
    cache: { type: 'string' },
    from: { type: 'string', multiple: true },
    'accept-terms': { type: 'boolean' },
    offline: { type: 'boolean' },
    verify: { type: 'boolean' },
  },
  describe: {
    participants: 'names with commas or spaces between (default: all)',
    sessions: 'numbers and ranges, as 1,3,10-12 (default: all)',
    extra: 'names of extra file sets, with commas between (default: none)',
    cache: 'folder to fetch into (default: SDC_CACHE, else the user’s cache folder)',
    from: 'folder to take files from first, found by name at any depth (may be given again)',
    'accept-terms': 'that you have read the data set’s terms and accept them',
    offline: 'use what is there, never the network',
    verify: 'hash every file again, also those that look unchanged',
  },
  positionals: [0, Number.POSITIVE_INFINITY],
  async run({ options, positionals: [name, ...more], print, signal, onProgress }) {
    if (name === undefined) return list(print);
    // Words after --participants that carry no option of their own belong to it.
    const participants = words(options, 'participants');
    if (more.length && !participants)
      throw new InputError('number of words', 1 + more.length, '0 or 1', 'usage: sdc fetch NAME');
    const { manifest, cache, files } = await fetchManifest(name, {
      participants: participants && [...participants, ...more],
      sessions: sessionNumbers(options),
      extras: words(options, 'extra'),
      cache: options['cache'] as string | undefined,
      from: options['from'] as string[] | undefined,
      acceptTerms: options['accept-terms'] === true,
      offline: options['offline'] === true,
      verify: options['verify'] === true,
      ...{ signal, onProgress },
      onPlan: ({ nFiles, bytes, nUnknown, freeBytes }, { title, terms }) => {
        const free = freeBytes === undefined ? '' : `, ${megabytes(freeBytes)} MB free`;
        const unknown = nUnknown ? ` and ${nUnknown} of unknown size` : '';
        print(`${title}: ${nFiles} files to fetch, ${megabytes(bytes)} MB${unknown}${free}`);
        if (terms) print(`terms accepted: ${terms.text} ${terms.url}`);
      },
    });
    const all = [...files.values()];
    const bytes = all.reduce((sum, { size }) => sum + size, 0);
    for (const file of all.slice(0, 20)) {
      print(`${file.source.padEnd(7)}  ${megabytes(file.size).padStart(10)} MB  ${file.local}`);
    }
    if (all.length > 20) print(`… and ${all.length - 20} more`);
    print(
      `${manifest.title}: ${all.length} files, ${megabytes(bytes)} MB, checked · licence: ${manifest.licence}`,
    );
    return { name: manifest.name, cache, files: all };
  },
};

/** Without a name: what there is to fetch. */
async function list(print: (line: string) => void): Promise<unknown> {
  const manifests = await Promise.all((await listManifests()).map(loadManifest));
  for (const { name, title } of manifests) print(`${name.padEnd(14)}  ${title}`);
  return manifests.map(({ name, title, description }) => ({ name, title, description }));
}

const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e7 ? 3 : 1);

function words(options: OptionValues, option: string): string[] | undefined {
  const given = options[option] as string | undefined;
  if (given === undefined) return undefined;
  const names = given.split(',').map((name) => name.trim());
  if (names.includes('')) throw new InputError(`--${option}`, given, 'names with commas between');
  return names;
}

/** Numbers and ranges: `1,3,10-12`. */
function sessionNumbers(options: OptionValues): number[] | undefined {
  return words(options, 'sessions')?.flatMap((part) => {
    const [first, last] = (/^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part)?.slice(1) ?? []).map(
      (n) => n && Number(n),
    );
    const end = last || first;
    if (!first || !end || end < first)
      throw new InputError('--sessions', part, 'a number or a range such as 3-10');
    return Array.from({ length: Number(end) - Number(first) + 1 }, (_, index) => Number(first) + index);
  });
}

import { InputError } from '../util/errors.js';
import type { Manifest } from './manifest.js';

/** One file of a manifest, its participant and session filled in. */
export interface WantedFile {
  /** Path in the data set and in the cache. */
  readonly path: string;
  readonly url: string;
  readonly size?: number;
  readonly sha256?: string;
  readonly participant?: string;
  readonly session?: number;
  /**
   * What a file's path must end with to be taken for this one where it lies in another layout: the shortest tail
   * that no other file of the data set shares.
   */
  readonly tail: string;
}

/** Which files of a manifest are wanted. */
export interface FileSelection {
  /** Names of participants; all by default. */
  participants?: readonly string[];
  /** Session numbers, from 1; all that each participant has by default. */
  sessions?: readonly number[];
  /** Names of extra file sets to add; none by default. */
  extras?: readonly string[];
}

/**
 * The files of a manifest that a selection wants, in the manifest's order.
 *
 * @throws InputError for a participant, session or extra that the data set does not have
 */
export function manifestFiles(manifest: Manifest, selection: FileSelection = {}): WantedFile[] {
  const people = manifest.participants ?? {};
  const known = Object.keys(people);
  const { participants = known, sessions, extras = [] } = selection;
  const stranger = participants.find((name) => !known.includes(name));
  if (stranger !== undefined) {
    const expected = known.length
      ? `one of ${known.join(', ')}`
      : `left out: ${manifest.name} has one set for all`;
    throw new InputError('participant', stranger, expected);
  }
  const last = Math.max(0, ...participants.map((name) => people[name]!.sessions ?? 0));
  const noSession = sessions?.find((session) => !Number.isInteger(session) || session < 1 || session > last);
  if (noSession !== undefined) {
    throw new InputError(
      'session',
      noSession,
      last ? `from 1 to ${last}` : `left out: ${manifest.name} has none`,
    );
  }
  const sets = manifest.files.flatMap(({ extra }) => extra ?? []);
  const noExtra = extras.find((extra) => !sets.includes(extra));
  if (noExtra !== undefined) {
    throw new InputError(
      'extra',
      noExtra,
      sets.length ? `one of ${[...new Set(sets)].join(', ')}` : 'left out',
    );
  }
  const all = allFiles(manifest);
  const tails = shortestTails(all.map((file) => file.path));
  return all
    .filter(({ extra }) => extra === undefined || extras.includes(extra))
    .filter(({ participant }) => participant === undefined || participants.includes(participant))
    .filter(({ session }) => session === undefined || !sessions || sessions.includes(session))
    .map(({ extra: _, ...file }) => ({ ...file, tail: tails.get(file.path)! }));
}

function allFiles({ files, participants = {}, base }: Manifest) {
  return files.flatMap(({ path, url, size, sha256, extra }) => {
    const fill = (participant?: string, session?: number) => {
      const filled = (text: string) =>
        text
          .replaceAll('{participant}', participant ?? '')
          .replace(/\{session(?::0(\d))?\}/g, (_, digits) =>
            String(session).padStart(Number(digits ?? 1), '0'),
          );
      const address = url ?? `${base}${path.split('/').map(encodeKeepingTokens).join('/')}`;
      return { path: filled(path), url: filled(address), size, sha256, extra, participant, session };
    };
    if (!path.includes('{participant}')) return [fill()];
    return Object.entries(participants).flatMap(([name, { sessions = 0 }]) =>
      path.includes('{session')
        ? Array.from({ length: sessions }, (_, index) => fill(name, index + 1))
        : [fill(name)],
    );
  });
}

const encodeKeepingTokens = (part: string) =>
  part.replace(/\{[^}]*\}|[^{]+/g, (piece) => (piece.startsWith('{') ? piece : encodeURIComponent(piece)));

/** For each path its shortest tail of whole parts that none of the others ends with. */
function shortestTails(paths: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  const tailsOf = (path: string) => {
    const parts = path.split('/');
    return parts.map((_, index) => parts.slice(parts.length - 1 - index).join('/'));
  };
  for (const path of paths) for (const tail of tailsOf(path)) counts.set(tail, (counts.get(tail) ?? 0) + 1);
  return new Map(paths.map((path) => [path, tailsOf(path).find((tail) => counts.get(tail) === 1) ?? path]));
}

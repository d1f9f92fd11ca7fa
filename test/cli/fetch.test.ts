import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { OptionValues } from '../../src/cli/command.js';
import { fetch } from '../../src/cli/fetch.js';
import { temporaryFolder } from '../data/folder.js';

async function run(positionals: string[], options: OptionValues = {}) {
  const lines: string[] = [];
  const result = await fetch.run({ positionals, options, print: (line) => lines.push(line), threads: 1 });
  return { lines, result };
}

/** A manifest for two participants of three sessions, and a folder that holds all of its files. */
function twoParticipants(): { manifest: string; from: string } {
  const from = temporaryFolder();
  for (const participant of ['p1', 'p2']) {
    mkdirSync(join(from, participant));
    for (const session of [1, 2, 3])
      writeFileSync(join(from, participant, `s0${session}.txt`), `${participant}`);
  }
  const manifest = join(from, 'manifest.json');
  const content = {
    ...{ name: 'two', title: 'Two', description: 'x', licence: 'CC0', citation: ['x'] },
    base: 'http://127.0.0.1:1/',
    participants: { p1: { sessions: 3 }, p2: { sessions: 3 } },
    files: [{ path: '{participant}/s{session:02}.txt', holds: 'x' }],
  };
  writeFileSync(manifest, JSON.stringify(content));
  return { manifest, from };
}

describe('sdc fetch', () => {
  it('lists what there is to fetch when no name is given', async () => {
    const { lines } = await run([]);
    expect(lines.join('\n')).toMatch(/^finger7t +Finger patterns/m);
  });

  it('takes participants, ranges of sessions, folders and a cache, and ends with a table', async () => {
    const { manifest, from } = twoParticipants();
    const cache = temporaryFolder();
    const options = { participants: 'p2', sessions: '1,3-3', from: [from], cache };
    const { lines, result } = await run([manifest], options);
    const sha256 = createHash('sha256').update('p2').digest('hex');
    expect((result as { files: unknown[] }).files).toEqual(
      ['p2/s01.txt', 'p2/s03.txt'].map((path) => ({
        ...{ path, local: join(cache, 'two', path), size: 2, sha256, source: 'folder' },
      })),
    );
    expect(lines.at(-1)).toBe('Two: 2 files, 0.000 MB, checked · licence: CC0');
  });

  it('takes participants with spaces between as well', async () => {
    const { manifest, from } = twoParticipants();
    const options = { participants: 'p1', sessions: '1', from: [from], cache: temporaryFolder() };
    const { result } = await run([manifest, 'p2'], options);
    expect((result as { files: { path: string }[] }).files.map(({ path }) => path)).toEqual([
      'p1/s01.txt',
      'p2/s01.txt',
    ]);
    await expect(run([manifest, 'p2'])).rejects.toThrow('number of words is 2; must be 0 or 1');
  });

  it.each<[OptionValues, RegExp]>([
    [{ sessions: '3-1' }, /--sessions is "3-1"; must be a number or a range such as 3-10/],
    [{ sessions: 'x' }, /--sessions is "x"/],
    [{ sessions: '4' }, /session is 4; must be from 1 to 3/],
    [{ participants: 'p1,,p2' }, /--participants is "p1,,p2"; must be names/],
    [{ participants: 'p9' }, /participant is "p9"; must be one of p1, p2/],
    [{ offline: true }, /is not in the cache; run "sdc fetch two"/],
  ])('refuses %o by name', async (options, message) => {
    const { manifest } = twoParticipants();
    await expect(run([manifest], { cache: temporaryFolder(), ...options })).rejects.toThrow(message);
  });
});

import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  cacheFolder,
  fetchManifest,
  listManifests,
  loadManifest,
  type Manifest,
} from '../../src/data/index.js';
import { checkManifest } from '../../src/data/manifest.js';
import { manifestFiles } from '../../src/data/manifestFiles.js';
import type { ProgressEvent } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';
import { good, serve } from './server.js';

const sha256 = (bytes: string | Buffer) => createHash('sha256').update(bytes).digest('hex');
const patient = { retryDelayMs: 1, retries: 2 };
const shared = join(import.meta.dirname, '../../../shared/data');

function put(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

/** A manifest of these files, with size and hash, or without. */
function manifestOf(base: string, files: Record<string, string>, known = true): Manifest {
  return {
    ...{ name: 'test', title: 'Test data', description: 'x', licence: 'CC0', citation: ['nobody'], base },
    files: Object.entries(files).map(([path, text]) => ({
      ...{ path, holds: 'text', ...(known && { size: Buffer.byteLength(text), sha256: sha256(text) }) },
    })),
  };
}

/** A server of these files, which counts what it is asked for. */
const serveFiles = (files: Record<string, string>) =>
  serve((request, response) => {
    const text = files[decodeURIComponent(request.url!.slice(1))];
    if (text === undefined) response.writeHead(404).end();
    else good(request, response, { body: Buffer.from(text), etag: `"${sha256(text)}"` });
  });

const three = { 'a.txt': 'alpha', 'deep/b c+.txt': 'beta', 'deep/empty.txt': '' };

describe('fetchManifest', () => {
  it('downloads what is missing, once, and says where each file is', async () => {
    const { base, paths } = await serveFiles(three);
    const cache = temporaryFolder();
    const events: ProgressEvent[] = [];
    const options = { cache, ...patient, onProgress: (event: ProgressEvent) => events.push(event) };
    const first = await fetchManifest(manifestOf(base, three), options);
    expect([...first.files.keys()]).toEqual(Object.keys(three));
    for (const [path, text] of Object.entries(three)) {
      const file = first.files.get(path)!;
      expect(file).toEqual({
        ...{
          path,
          local: join(cache, 'test', path),
          source: 'network',
          size: text.length,
          sha256: sha256(text),
        },
      });
      expect(readFileSync(file.local, 'utf8')).toBe(text);
    }
    expect(events.at(-1)).toMatchObject({ label: 'fetching test', done: 9, total: 9 });
    expect(paths.length).toBe(3);
    const again = await fetchManifest(manifestOf(base, three), options);
    expect([...again.files.values()].map(({ source }) => source)).toEqual(['cache', 'cache', 'cache']);
    expect(paths.length).toBe(3);
  });

  it('fetches a damaged file of the cache again', async () => {
    const { base } = await serveFiles(three);
    const cache = temporaryFolder();
    const { files } = await fetchManifest(manifestOf(base, three), { cache, ...patient });
    writeFileSync(files.get('a.txt')!.local, 'ALPHA');
    const offline = fetchManifest(manifestOf(base, three), { cache, offline: true });
    await expect(offline).rejects.toThrow(/a.txt is not in the cache \(.*has SHA-256 .*must be/);
    const mended = await fetchManifest(manifestOf(base, three), { cache, ...patient });
    expect(mended.files.get('a.txt')!.source).toBe('network');
    expect(readFileSync(mended.files.get('a.txt')!.local, 'utf8')).toBe('alpha');
  });

  it('does not hash unchanged files again, unless asked to', async () => {
    const { base } = await serveFiles(three);
    const cache = temporaryFolder();
    const { local } = (await fetchManifest(manifestOf(base, three), { cache, ...patient })).files.get(
      'a.txt',
    )!;
    utimesSync(local, 1e9, 1e9);
    await fetchManifest(manifestOf(base, three), { cache, offline: true });
    writeFileSync(local, 'ALPHA');
    utimesSync(local, 1e9, 1e9);
    const trusting = await fetchManifest(manifestOf(base, three), { cache, offline: true });
    expect(trusting.files.get('a.txt')!.sha256).toBe(sha256('alpha'));
    const checking = fetchManifest(manifestOf(base, three), { cache, offline: true, verify: true });
    await expect(checking).rejects.toThrow('must be');
  });

  it('takes files from local folders first, by name at any depth, checked and kept in the cache', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'x/y/a.txt'), 'alpha');
    put(join(folder, 'older/b c+.txt'), 'another version');
    put(join(folder, 'z/b c+.txt'), 'beta');
    put(join(folder, 'empty.txt'), '');
    const cache = temporaryFolder();
    const manifest = manifestOf('http://127.0.0.1:1/', three);
    const { files } = await fetchManifest(manifest, { cache, from: [folder] });
    expect([...files.values()].map(({ source }) => source)).toEqual(['folder', 'folder', 'folder']);
    expect(readFileSync(join(cache, 'test/deep/b c+.txt'), 'utf8')).toBe('beta');
    const later = await fetchManifest(manifest, { cache, offline: true });
    expect(later.files.get('a.txt')!.local).toBe(join(cache, 'test/a.txt'));
  });

  it('names a local file that has the right name and the wrong content', async () => {
    const folder = temporaryFolder();
    put(join(folder, 'a.txt'), 'omega');
    const fetching = fetchManifest(manifestOf('http://127.0.0.1:1/', three), {
      cache: folder,
      from: [folder],
    });
    await expect(fetching).rejects.toThrow(
      /a.txt: has SHA-256 .*; must be .*; it is damaged or of another version/,
    );
    const missing = fetchManifest(manifestOf('http://127.0.0.1:1/', three), { from: [join(folder, 'no')] });
    await expect(missing).rejects.toThrow('is no folder');
  });

  it('leaves a seeded folder as it is', async () => {
    const cache = temporaryFolder();
    for (const [path, text] of Object.entries(three)) put(join(cache, 'raw', path), text);
    await fetchManifest(manifestOf('http://127.0.0.1:1/', three), { cache });
    expect(readdirSync(cache)).toEqual(['raw']);
  });

  it('finds files anywhere in the cache by name and content, also where nothing can be written', async () => {
    const elsewhere = temporaryFolder();
    put(join(elsewhere, 'seeded/a.txt'), 'alpha');
    put(join(elsewhere, 'seeded/b c+.txt'), 'beta');
    put(join(elsewhere, 'empty.txt'), '');
    symlinkSync(elsewhere, join(elsewhere, 'seeded/loop'));
    // A file stands where the data set's folder would be made, so that nothing can be written.
    put(join(elsewhere, 'test'), '');
    const { files } = await fetchManifest(manifestOf('http://127.0.0.1:1/', three), { cache: elsewhere });
    expect([...files.values()].map(({ source }) => source)).toEqual(['cache', 'cache', 'cache']);
    expect(files.get('a.txt')!.local).toBe(join(elsewhere, 'seeded/a.txt'));
  });

  it('records size and hash where the manifest has none, and holds to them', async () => {
    const served: Record<string, string> = { 'a.txt': 'first' };
    const { base } = await serveFiles(served);
    const cache = temporaryFolder();
    const manifest = manifestOf(base, { 'a.txt': '' }, false);
    const { files } = await fetchManifest(manifest, { cache, ...patient });
    expect(files.get('a.txt')!.sha256).toBe(sha256('first'));
    const record = join(cache, 'test/.fetched/a.txt.json');
    expect(JSON.parse(readFileSync(record, 'utf8'))).toMatchObject({
      url: `${base}a.txt`,
      sha256: sha256('first'),
    });
    writeFileSync(files.get('a.txt')!.local, 'other');
    expect((await fetchManifest(manifest, { cache, ...patient })).files.get('a.txt')!.source).toBe('network');
    writeFileSync(files.get('a.txt')!.local, 'other');
    served['a.txt'] = 'FIRST';
    const changed = fetchManifest(manifest, { cache, ...patient });
    await expect(changed).rejects.toThrow(
      /is not the file that was first fetched: .*; delete .*a.txt.json to take/,
    );
  });

  it('demands the terms only when something must be downloaded', async () => {
    const { base } = await serveFiles(three);
    const terms = { text: 'No resale.', url: 'https://example.org/terms' };
    const manifest = { ...manifestOf(base, three), terms };
    const cache = temporaryFolder();
    const refused = fetchManifest(manifest, { cache });
    await expect(refused).rejects.toThrow(
      /terms of Test data is false; .* No resale. Read https:\/\/example.org\/terms/,
    );
    expect(existsSync(join(cache, 'test'))).toBe(false);
    await fetchManifest(manifest, { cache, acceptTerms: true, ...patient });
    expect((await fetchManifest(manifest, { cache })).files.size).toBe(3);
  });

  it('refuses to begin what the disk cannot hold', async () => {
    const manifest = manifestOf('http://127.0.0.1:1/', three);
    const huge = { ...manifest, files: [{ path: 'x', holds: 'x', size: 9e15, sha256: sha256('') }] };
    const fetching = fetchManifest(huge, { cache: temporaryFolder() });
    await expect(fetching).rejects.toThrow(
      /needs 9\.00e\+6 GB of disk, but .* GB is available; free some space/,
    );
  });

  it('names a cache that cannot be written', async () => {
    const cache = temporaryFolder();
    put(join(cache, 'test'), 'a file where the folder would be');
    const fetching = fetchManifest(manifestOf('http://127.0.0.1:1/', three), { cache, ...patient });
    await expect(fetching).rejects.toThrow(
      /test cannot be made; set SDC_CACHE to a folder that you may write/,
    );
  });

  it('stops the other downloads when one fails, and names the failure', async () => {
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`${i}.txt`, `text ${i}`]));
    const { base, paths } = await serveFiles({ ...files, '2.txt': undefined as unknown as string });
    const fetching = fetchManifest(manifestOf(base, files), {
      cache: temporaryFolder(),
      connections: 2,
      ...patient,
    });
    await expect(fetching).rejects.toThrow('2.txt is not there (HTTP 404)');
    expect(paths.length).toBeLessThan(15);
  });

  it('downloads a file once when two calls want it at the same time', async () => {
    const { base, paths } = await serve((request, response) =>
      setTimeout(() => good(request, response, { body: Buffer.from('alpha') }), 150),
    );
    const cache = temporaryFolder();
    const manifest = manifestOf(base, { 'a.txt': 'alpha' });
    const both = await Promise.all([1, 2, 3].map(() => fetchManifest(manifest, { cache, ...patient })));
    expect(both.map(({ files }) => files.get('a.txt')!.source).sort()).toEqual(['cache', 'cache', 'network']);
    expect(paths.length).toBe(1);
    expect(readdirSync(join(cache, 'test')).sort()).toEqual(['.fetched', 'a.txt']);
  });

  it('keeps at most as many connections as asked', async () => {
    let open = 0;
    let most = 0;
    const files = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${i}.txt`, `text ${i}`]));
    const { base } = await serve((request, response) => {
      most = Math.max(most, ++open);
      response.on('close', () => open--);
      setTimeout(() => good(request, response, { body: Buffer.from(files[request.url!.slice(1)]!) }), 60);
    });
    await fetchManifest(manifestOf(base, files), { cache: temporaryFolder(), connections: 3, ...patient });
    expect(most).toBe(3);
  });

  it('works with the seven participants’ data in a seeded cache', async (ctx) => {
    if (!existsSync(shared)) ctx.skip(`${shared} is absent`);
    for (const name of ['finger7t', 'fsaverage5', 'clip-text']) {
      const { files } = await fetchManifest(name, { cache: temporaryFolder(), from: [shared] });
      expect([...files.values()].every(({ source }) => source === 'folder')).toBe(true);
    }
  });
});

describe('manifestFiles', () => {
  const manifest: Manifest = {
    ...manifestOf('https://data.org/v1/', { 'info.csv': '' }, false),
    participants: { p1: { sessions: 3 }, p2: { sessions: 11 } },
    files: [
      { path: 'info.csv', holds: 'x' },
      { path: '{participant}/behav.tsv', holds: 'x' },
      { path: '{participant}/betas/session{session:02}.hdf5', holds: 'x' },
      { path: 'big.hdf5', holds: 'x', extra: 'stimuli', url: 'https://elsewhere.org/big?x' },
    ],
  };
  const paths = (options: Parameters<typeof manifestFiles>[1]) =>
    manifestFiles(manifest, options).map((f) => f.path);

  it('stands for each participant and session', () => {
    expect(paths({}).length).toBe(1 + 2 + 14);
    expect(paths({ participants: ['p2'], sessions: [2, 11] })).toEqual([
      ...['info.csv', 'p2/behav.tsv', 'p2/betas/session02.hdf5', 'p2/betas/session11.hdf5'],
    ]);
    expect(paths({ participants: ['p1'], extras: ['stimuli'] }).at(-1)).toBe('big.hdf5');
    const [info, behav] = manifestFiles(manifest);
    expect(info).toMatchObject({ url: 'https://data.org/v1/info.csv', tail: 'info.csv' });
    expect(behav).toMatchObject({
      url: 'https://data.org/v1/p1/behav.tsv',
      tail: 'p1/behav.tsv',
      participant: 'p1',
    });
  });

  it('knows a file without hash by as much of its path as no other shares', async () => {
    const folder = temporaryFolder();
    for (const p of ['p1', 'p2']) put(join(folder, 'copy', p, 'behav.tsv'), p);
    put(join(folder, 'behav.tsv'), 'whose?');
    put(join(folder, 'info.csv'), 'x');
    const { files } = await fetchManifest(
      { ...manifest, files: manifest.files.slice(0, 2) },
      { cache: temporaryFolder(), from: [folder] },
    );
    expect(readFileSync(files.get('p1/behav.tsv')!.local, 'utf8')).toBe('p1');
    expect(readFileSync(files.get('p2/behav.tsv')!.local, 'utf8')).toBe('p2');
  });

  it('refuses participants, sessions and extras that are not there', () => {
    expect(() => paths({ participants: ['p3'] })).toThrow('participant is "p3"; must be one of p1, p2');
    expect(() => paths({ participants: ['p1'], sessions: [4] })).toThrow('session is 4; must be from 1 to 3');
    expect(() => paths({ sessions: [0] })).toThrow('session is 0');
    expect(() => paths({ extras: ['x'] })).toThrow('extra is "x"; must be one of stimuli');
  });
});

describe('manifests', () => {
  it('that come with the toolkit are valid and name every licence, citation and content', async () => {
    const names = await listManifests();
    expect(names).toEqual(expect.arrayContaining(['clip-text', 'coco', 'finger7t', 'fsaverage5']));
    for (const name of names) expect((await loadManifest(name)).name).toBe(name);
  });

  it('of one’s own are read from a path', async () => {
    const path = put(
      join(temporaryFolder(), 'mine.json'),
      JSON.stringify(manifestOf('https://x.org/', three)),
    );
    expect((await loadManifest(path)).files.length).toBe(3);
    await expect(loadManifest('no')).rejects.toThrow(/manifest is "no"; must be one of .*finger7t/);
    await expect(loadManifest('no.json')).rejects.toThrow('no.json is missing');
    writeFileSync(path, '{');
    await expect(loadManifest(path)).rejects.toThrow('is not JSON');
  });

  it.each<[string, object, RegExp]>([
    ['without a citation', { citation: [] }, /citation is \[\]; must NOT have fewer than 1/],
    ['with an unknown key', { author: 'x' }, /unknown key "author"/],
    ['with a path that leaves the folder', { files: [{ path: '../x', holds: 'x' }] }, /files\.0\.path/],
    ['with an absolute path', { files: [{ path: '/x', holds: 'x' }] }, /files\.0\.path/],
    ['with a file twice', { files: ['a', 'A'].map((path) => ({ path, holds: 'x' })) }, /lists a twice/],
    ['with a short hash', { files: [{ path: 'a', holds: 'x', sha256: 'ab' }] }, /files\.0\.sha256/],
    ['with an unknown placeholder', { files: [{ path: '{run}/a', holds: 'x' }] }, /\{run\}/],
    [
      'with participants that are not listed',
      { files: [{ path: '{participant}', holds: 'x' }] },
      /no participants/,
    ],
  ])('%s are refused', async (_, change, message) => {
    await expect(
      checkManifest({ ...manifestOf('https://x.org/', three), ...change }, 'm.json'),
    ).rejects.toThrow(message);
  });
});

describe('cacheFolder', () => {
  it('is SDC_CACHE, else the user’s own on each system', () => {
    const HOME = '/home/u';
    expect(cacheFolder({ SDC_CACHE: '/c', HOME }, 'linux')).toBe('/c');
    expect(cacheFolder({ HOME }, 'linux')).toBe('/home/u/.cache/shared-concepts');
    expect(cacheFolder({ HOME, XDG_CACHE_HOME: '/x' }, 'linux')).toBe('/x/shared-concepts');
    expect(cacheFolder({ HOME, XDG_CACHE_HOME: 'relative' }, 'linux')).toBe('/home/u/.cache/shared-concepts');
    expect(cacheFolder({ HOME }, 'darwin')).toBe('/home/u/Library/Caches/shared-concepts');
    expect(cacheFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/shared-concepts/Cache');
  });
});

import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadManifest } from '../../src/data/index.js';
import { manifestFiles } from '../../src/data/manifestFiles.js';
import { temporaryFolder } from '../data/folder.js';
import { content, good, serve } from '../data/server.js';

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** What the release has of subj01, session 1, as paths; every file holds something of its own, the betas most. */
const wanted = manifestFiles(await loadManifest('nsd'), { participants: ['subj01'], sessions: [1] });
const paths = wanted.map(({ path }) => path);
const betas = paths.find((path) => path.endsWith('betas_session01.hdf5'))!;
const bodyOf = (path: string) =>
  path === betas ? Buffer.concat([content, content, content, content]) : Buffer.from(`the file ${path}`);

type Answer = (path: string, request: IncomingMessage, response: ServerResponse) => boolean;

/** A server with the release's layout, unless `other` answers; and the manifest of the release that points to it. */
async function release(other: Answer = () => false) {
  const asked: { method: string; path: string; range?: string }[] = [];
  const { base } = await serve((request, response) => {
    const path = decodeURIComponent(request.url!.slice(1));
    asked.push({ method: request.method!, path, range: request.headers.range });
    if (other(path, request, response)) return;
    if (!paths.includes(path)) response.writeHead(404).end();
    else good(request, response, { body: bodyOf(path), etag: `"${sha256(bodyOf(path))}"` });
  });
  const cache = temporaryFolder();
  return { asked, cache, manifest: await manifestAt(base) };
}

/** The release's manifest with another base, and perhaps with a hash for one file. */
async function manifestAt(base: string, known: Record<string, object> = {}): Promise<string> {
  const manifest = await loadManifest('nsd');
  const files = manifest.files.map((file) => ({ ...file, ...known[file.path] }));
  const path = join(temporaryFolder(), 'nsd.json');
  writeFileSync(path, JSON.stringify({ ...manifest, base, files }));
  return path;
}

const wordsOf = (manifest: string, cache: string, ...more: string[]) => [
  ...['dist/cli.js', 'fetch', manifest, '--participants', 'subj01', '--sessions', '1'],
  ...['--cache', cache, '--accept-terms', ...more],
];

/** Starts the command line as a process of its own. */
function start(words: string[]) {
  const child = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (piece) => {
    out.stdout += piece;
  });
  child.stderr.on('data', (piece) => {
    out.stderr += piece;
  });
  const ended = new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>(
    (resolve) => child.on('close', (code, signal) => resolve({ code, signal, ...out })),
  );
  return { child, ended };
}
const run = (words: string[]) => start(words).ended;

async function until(is: () => boolean): Promise<void> {
  for (let waited = 0; !is(); waited += 20) {
    if (waited > 60_000) throw new Error('waited in vain');
    await sleep(20);
  }
}

const here = (cache: string) => (path: string) => join(cache, 'nsd', path);

describe('sdc fetch nsd', { timeout: 120_000 }, () => {
  it('goes on after it was killed where the killed one was, and finishes', async () => {
    let isFirst = true;
    const held = 400_000;
    const { asked, cache, manifest } = await release((path, request, response) => {
      if (path !== betas || request.method !== 'GET' || !isFirst) return false;
      isFirst = false;
      const body = bodyOf(path);
      response.writeHead(200, { etag: `"${sha256(body)}"`, 'content-length': body.length });
      response.write(body.subarray(0, held)); // and no more, with the connection open
      return true;
    });
    const at = here(cache);
    const first = start(wordsOf(manifest, cache));
    const others = paths.filter((path) => path !== betas);
    const isThere = (path: string) => existsSync(at(path)) && existsSync(at(`.fetched/${path}.json`));
    const partSize = () => (existsSync(`${at(betas)}.part`) ? statSync(`${at(betas)}.part`).size : 0);
    await until(() => partSize() === held && others.every(isThere));
    first.child.kill('SIGKILL');
    expect((await first.ended).signal).toBe('SIGKILL');
    expect(existsSync(at(betas))).toBe(false);

    const before = asked.length;
    const second = await run(wordsOf(manifest, cache));
    expect(second.stderr).toBe('');
    expect(second.code).toBe(0);
    const gets = asked.slice(before).filter(({ method }) => method === 'GET');
    expect(gets).toEqual([{ method: 'GET', path: betas, range: `bytes=${held}-` }]);
    for (const path of paths) expect(sha256(readFileSync(at(path))), path).toBe(sha256(bodyOf(path)));
    expect(existsSync(`${at(betas)}.part`)).toBe(false);
    // A third has nothing to do, needs no terms and asks nobody.
    const third = await run(wordsOf(manifest, cache).filter((word) => word !== '--accept-terms'));
    expect(third.code).toBe(0);
    expect(asked.length).toBe(before + 2);
  });

  it('says what is to come, what is free and which terms it takes as accepted, before it fetches', async () => {
    const { asked, cache, manifest } = await release();
    const refused = await run(wordsOf(manifest, cache).filter((word) => word !== '--accept-terms'));
    expect([refused.code, refused.stdout, asked]).toEqual([2, '', []]);
    expect(refused.stderr).toMatch(
      /^sdc fetch: acceptance of the terms of Natural Scenes Dataset is false; must be true; .*Data Access Agreement.* Read https:\S+, then give --accept-terms.*\n$/,
    );
    const { code, stdout } = await run(wordsOf(manifest, cache));
    expect(code).toBe(0);
    const megabytes = (paths.reduce((sum, path) => sum + bodyOf(path).length, 0) / 1e6).toFixed(3);
    const lines = stdout.split('\n');
    expect(lines[0]).toMatch(
      new RegExp(
        `^Natural Scenes Dataset: ${paths.length} files to fetch, ${megabytes} MB, [\\d.]+ MB free$`,
      ),
    );
    expect(lines[1]).toMatch(/^terms accepted: .*Data Access Agreement.* https:/);
    expect(stdout).toContain(`${paths.length} files, ${megabytes} MB, checked · licence: NSD Terms`);
    // The sizes were asked for before the first file was.
    const firstGet = asked.findIndex(({ method }) => method === 'GET');
    expect(
      asked
        .slice(0, firstGet)
        .map(({ path }) => path)
        .sort(),
    ).toEqual([...paths].sort());
    // Accepted once, recorded with the wording.
    const terms = JSON.parse(readFileSync(here(cache)('.fetched/terms.json'), 'utf8'));
    expect(terms).toMatchObject({ text: expect.stringContaining('Data Access Agreement') });
    rmSync(here(cache)(betas));
    const again = await run(wordsOf(manifest, cache).filter((word) => word !== '--accept-terms'));
    expect(again.code).toBe(0);
  });

  it('shows its progress on a terminal', async (ctx) => {
    if (spawnSync('script', ['--version']).status !== 0)
      ctx.skip('script, which gives a terminal, is not here');
    const { cache, manifest } = await release();
    const command = [process.execPath, ...wordsOf(manifest, cache)].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qec', command, '/dev/null'], { stdio: ['ignore', 'pipe', 'ignore'] });
    let shown = '';
    child.stdout.on('data', (piece) => {
      shown += piece;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(code).toBe(0);
    expect(shown).toContain(`${'━'.repeat(20)} 100 % fetching nsd`);
  });

  it('refuses a file that arrives damaged, or other than it was first fetched', async () => {
    const info = 'nsddata/experiments/nsd/nsd_stim_info_merged.csv';
    let damaged = info;
    const { cache, manifest, asked } = await release((path, request, response) => {
      if (path !== damaged) return false;
      const body = bodyOf(path);
      body[3]! ^= 1;
      good(request, response, { body });
      return true;
    });
    const { base } = JSON.parse(readFileSync(manifest, 'utf8'));
    const known = { [info]: { size: bodyOf(info).length, sha256: sha256(bodyOf(info)) } };
    const refused = await run(wordsOf(await manifestAt(base, known), cache));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^sdc fetch: \S+nsd_stim_info_merged\.csv: arrives with SHA-256 \w{64}; must be \w{64}; .*changed or is damaged.*\n$/,
    );
    expect(existsSync(here(cache)(info))).toBe(false);
    // Twice, since a piece may have been damaged on its way.
    expect(asked.filter(({ method, path }) => method === 'GET' && path === info).length).toBe(2);

    damaged = '';
    expect((await run(wordsOf(manifest, cache))).code).toBe(0);
    rmSync(here(cache)(betas));
    damaged = betas;
    const changed = await run(wordsOf(manifest, cache));
    expect(changed.code).toBe(2);
    expect(changed.stderr).toMatch(
      /^sdc fetch: \S+betas_session01\.hdf5: is not the file that was first fetched: .*; delete \S+ to take the new one\n$/,
    );
    expect(existsSync(here(cache)(betas))).toBe(false);
  });

  it.each([
    [['--participants', 'subj09'], /^sdc fetch: participant is "subj09"; must be one of subj01, .*subj08\n$/],
    [['--sessions', '41'], /^sdc fetch: session is 41; must be from 1 to 40\n$/],
    [['--sessions', '0'], /^sdc fetch: --sessions is "0"; must be a number or a range such as 3-10\n$/],
  ])('refuses %o by name and asks for nothing', async (more, message) => {
    const { asked, cache, manifest } = await release();
    const { code, stderr } = await run([...wordsOf(manifest, cache), ...more]);
    expect([code, asked]).toEqual([2, []]);
    expect(stderr).toMatch(message);
  });

  it('says when nothing answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    closed.close();
    const manifest = await manifestAt(`http://127.0.0.1:${port}/`);
    const { code, stderr } = await run(wordsOf(manifest, temporaryFolder()));
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^sdc fetch: http:\S+ cannot be reached \(ECONNREFUSED\); try again later, or give a folder that holds the file \(--from\)\n$/,
    );
  });

  it('refuses what a small disk cannot hold before it fetches, and names the disk when it fills up', async (ctx) => {
    const disk = temporaryFolder();
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk], { stdio: 'ignore' });
    } catch {
      ctx.skip('a small disk can only be mounted by root');
    }
    onTestFinished(() => void spawnSync('umount', [disk]));
    let isSilent = false;
    const { asked, manifest } = await release((path, request, response) => {
      if (!isSilent || path !== betas) return false;
      if (request.method === 'HEAD') response.writeHead(405).end();
      else response.writeHead(200, { etag: '"x"' }).end(bodyOf(path)); // without its length
      return true;
    });
    const refused = await run(wordsOf(manifest, join(disk, 'cache')));
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^sdc fetch: fetching nsd into \S+ needs 0\.0012\d* GB of disk, but 0\.00\d+ GB is available; free some space, or set SDC_CACHE.*\n$/,
    );
    expect(asked.every(({ method }) => method === 'HEAD')).toBe(true);
    isSilent = true;
    const full = await run(wordsOf(manifest, join(disk, 'cache')));
    expect(full.code).toBe(2);
    expect(full.stderr).toMatch(
      /^sdc fetch: \S+betas_session01\.hdf5 needs more disk space, but none is available; free some space.*\n$/,
    );
    expect(existsSync(join(disk, 'cache/nsd', betas))).toBe(false);
  });
});

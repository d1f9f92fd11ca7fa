import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { download } from '../../src/data/download.js';
import { isSharedConceptsError } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';
import { type Answer, content, good, serve } from './server.js';

const sha256 = createHash('sha256').update(content).digest('hex');
const fast = { retryDelayMs: 1, retries: 3, size: content.length, sha256 };

const target = () => join(temporaryFolder(), 'file.bin');

async function expectWhole(path: string): Promise<void> {
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(existsSync(`${path}.part`)).toBe(false);
  expect(existsSync(`${path}.part.json`)).toBe(false);
}

async function refusal(url: string, path: string, options: Parameters<typeof download>[2]): Promise<string> {
  const error = await download(url, path, options).catch((e: Error) => e);
  expect(isSharedConceptsError(error), String((error as Error).stack)).toBe(true);
  expect(existsSync(path)).toBe(false);
  return (error as Error).message;
}

describe('download', () => {
  it('gives the file its name when size and hash are right, and tells what it was', async () => {
    const { url } = await serve((request, response) => good(request, response));
    const path = target();
    const seen: number[] = [];
    const result = await download(url, path, { ...fast, onBytes: (done) => seen.push(done) });
    expect(result).toEqual({ size: content.length, sha256, etag: '"one"', lastModified: undefined });
    expect(seen.at(-1)).toBe(content.length);
    await expectWhole(path);
  });

  it('resumes where a cut connection stopped, again and again', async () => {
    const { url, ranges } = await serve((request, response) => good(request, response, { cut: 80_000 }));
    const path = target();
    await download(url, path, { ...fast, retries: 1 });
    expect(ranges).toEqual([undefined, 'bytes=80000-', 'bytes=160000-', 'bytes=240000-']);
    await expectWhole(path);
  });

  it('resumes what another process left, without size or hash, by the server’s validator', async () => {
    const { url, ranges } = await serve((request, response) => good(request, response));
    const path = target();
    writeFileSync(`${path}.part`, content.subarray(0, 1000));
    writeFileSync(`${path}.part.json`, JSON.stringify({ url, etag: '"one"' }));
    expect((await download(url, path)).sha256).toBe(sha256);
    expect(ranges).toEqual(['bytes=1000-']);
  });

  it('takes a part that is whole already, known by its size or by the server’s word', async () => {
    const { url, ranges } = await serve((request, response) => good(request, response));
    for (const options of [fast, {}]) {
      const path = target();
      writeFileSync(`${path}.part`, content);
      writeFileSync(`${path}.part.json`, JSON.stringify({ url, etag: '"one"' }));
      await download(url, path, options);
      await expectWhole(path);
    }
    expect(ranges).toEqual(['bytes=300000-']);
  });

  it('begins anew when the server ignores ranges', async () => {
    const { url, ranges } = await serve((request, response, nth) => {
      delete request.headers.range;
      good(request, response, { cut: nth === 1 ? 50_000 : undefined });
    });
    const path = target();
    await download(url, path, fast);
    expect(ranges).toEqual([undefined, 'bytes=50000-']);
    await expectWhole(path);
  });

  it('begins anew when the file changed between two requests, by If-Range', async () => {
    const old = Buffer.alloc(content.length, 1);
    const { url } = await serve((request, response, nth) =>
      nth === 1 ? good(request, response, { body: old, etag: '"old"', cut: 9000 }) : good(request, response),
    );
    const path = target();
    expect((await download(url, path, { retryDelayMs: 1 })).sha256).toBe(sha256);
    await expectWhole(path);
  });

  it('begins anew when the file changed and the server heeds ranges but not If-Range', async () => {
    const old = Buffer.alloc(content.length, 1);
    const { url, ranges } = await serve((request, response, nth) => {
      delete request.headers['if-range'];
      if (nth === 1) good(request, response, { body: old, etag: '"old"', cut: 9000 });
      else good(request, response);
    });
    const path = target();
    expect((await download(url, path, { retryDelayMs: 1 })).sha256).toBe(sha256);
    expect(ranges).toEqual([undefined, 'bytes=9000-', undefined]);
  });

  it('begins anew without a validator, unless a hash will tell', async () => {
    const answer: Answer = (request, response, nth) => {
      response.removeHeader('etag');
      const body = content.subarray(Number(/\d+/.exec(request.headers.range ?? '0')![0]));
      const status = request.headers.range ? 206 : 200;
      const range = `bytes ${content.length - body.length}-${content.length - 1}/${content.length}`;
      response.writeHead(status, {
        'content-length': body.length,
        ...(status === 206 && { 'content-range': range }),
      });
      if (nth > 1) response.end(body);
      else response.write(body.subarray(0, 7000), () => setTimeout(() => response.destroy(), 20));
    };
    const blind = await serve(answer);
    await download(blind.url, target(), { retryDelayMs: 1 });
    expect(blind.ranges).toEqual([undefined, undefined]);
    const hashed = await serve(answer);
    const path = target();
    await download(hashed.url, path, fast);
    expect(hashed.ranges).toEqual([undefined, 'bytes=7000-']);
    await expectWhole(path);
  });

  it('gives up a connection that stalls, and goes on from there', async () => {
    const { url, ranges } = await serve((request, response, nth) => {
      if (nth > 1) return good(request, response);
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
      response.write(content.subarray(0, 5000));
    });
    const path = target();
    await download(url, path, { ...fast, stallMs: 150 });
    expect(ranges).toEqual([undefined, 'bytes=5000-']);
    await expectWhole(path);
  });

  it('says that a server stays silent', async () => {
    const { url, ranges } = await serve(() => undefined);
    expect(await refusal(url, target(), { ...fast, stallMs: 60, retries: 1 })).toMatch(
      /sends nothing any more/,
    );
    expect(ranges.length).toBe(2);
  });

  it('fetches once more when the content is damaged, then names the hash', async () => {
    const damaged = Buffer.from(content);
    damaged[1234]! ^= 1;
    const mended = await serve((request, response, nth) =>
      good(request, response, { body: nth === 1 ? damaged : content }),
    );
    const path = target();
    await download(mended.url, path, fast);
    await expectWhole(path);
    const always = await serve((request, response) => good(request, response, { body: damaged }));
    const message = await refusal(always.url, target(), fast);
    expect(message).toMatch(/arrives with SHA-256 [0-9a-f]{64}; must be /);
    expect(message).toContain(sha256);
    expect(always.ranges).toEqual([undefined, undefined]);
  });

  it('refuses a file of another size at once', async () => {
    const { url, ranges } = await serve((request, response) => good(request, response));
    expect(await refusal(url, target(), { ...fast, size: 1000 })).toMatch(/has 300000 bytes.*must have 1000/);
    expect(ranges.length).toBe(1);
  });

  it('stops at the size it expects when the server announces none and goes on', async () => {
    const { url } = await serve((_, response) => {
      response.writeHead(200);
      const more = () => response.write(content) && setImmediate(more);
      response.on('drain', more);
      more();
    });
    const path = target();
    expect(await refusal(url, path, { ...fast, size: 1_000_000 })).toMatch(/must have 1000000/);
    expect(statSync(`${path}.part`).size).toBeLessThanOrEqual(1_000_000);
  });

  it.each([
    [404, /is not there \(HTTP 404\)/, 1],
    [410, /is not there \(HTTP 410\)/, 1],
    [403, /is not given to everyone \(HTTP 403\)/, 1],
    [400, /answers HTTP 400/, 1],
    [503, /answers HTTP 503; try again later/, 3],
  ])('names the answer %i', async (status, message, requests) => {
    const { url, ranges } = await serve((_, response) => void response.writeHead(status).end('sorry'));
    expect(await refusal(url, target(), { ...fast, retries: 2 })).toMatch(message);
    expect(ranges.length).toBe(requests);
  });

  it('waits as a busy server asks', async () => {
    const { url } = await serve((request, response, nth) => {
      if (nth === 1) response.writeHead(429, { 'retry-after': '0' }).end();
      else good(request, response);
    });
    const path = target();
    await download(url, path, { ...fast, retryDelayMs: 60_000 });
    await expectWhole(path);
  });

  it('follows redirects with the range', async () => {
    const { url, ranges } = await serve((request, response, nth) => {
      if (request.url === '/file.bin') response.writeHead(302, { location: '/moved.bin' }).end();
      else good(request, response, { cut: nth === 2 ? 1000 : undefined });
    });
    const path = target();
    await download(url, path, fast);
    expect(ranges).toEqual([undefined, undefined, 'bytes=1000-', 'bytes=1000-']);
    await expectWhole(path);
  });

  it('refuses content that the server has encoded anew', async () => {
    const { url } = await serve(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    );
    expect(await refusal(url, target(), fast)).toMatch(/re-encoded/);
  });

  it('says when nothing answers', async () => {
    const closed = createServer().listen(0, '127.0.0.1');
    await once(closed, 'listening');
    const { port } = closed.address() as AddressInfo;
    await new Promise((resolve) => closed.close(resolve));
    const message = await refusal(`http://127.0.0.1:${port}/x`, target(), { ...fast, retries: 1 });
    expect(message).toMatch(/cannot be reached \(ECONNREFUSED\); try again later, or give a folder/);
  });

  it('stops when told to, keeping what has come', async () => {
    const stop = new AbortController();
    const { url } = await serve((_, response) => {
      response.writeHead(200, { etag: '"one"', 'content-length': content.length });
      response.write(content.subarray(0, 5000));
    });
    const path = target();
    const onBytes = (done: number) => done === 5000 && stop.abort();
    expect(await refusal(url, path, { ...fast, signal: stop.signal, onBytes })).toMatch(/was stopped/);
    expect(statSync(`${path}.part`).size).toBe(5000);
    const waiting = new AbortController();
    setTimeout(() => waiting.abort(), 30);
    const busy = await serve((_, response) => void response.writeHead(503).end());
    expect(await refusal(busy.url, target(), { signal: waiting.signal, retryDelayMs: 60_000 })).toMatch(
      /stopped/,
    );
  });
});

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { randomStream } from '../../src/util/index.js';

const random = randomStream(6, 'download');

/** What the server below sends unless told otherwise. */
export const content = Buffer.from(Uint8Array.from({ length: 300_000 }, () => random.integer(256)));

export type Answer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server on this machine that answers as told; `ranges` and `paths` are what was asked for. */
export async function serve(
  answer: Answer,
): Promise<{ base: string; url: string; ranges: (string | undefined)[]; paths: string[] }> {
  const ranges: (string | undefined)[] = [];
  const paths: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range);
    paths.push(request.url!);
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return { base, url: `${base}file.bin`, ranges, paths };
}

/** Answers as a good server does: ranges, If-Range, an ETag; `cut` breaks the connection after so many bytes. */
export function good(
  request: IncomingMessage,
  response: ServerResponse,
  { body = content, etag = '"one"', cut = Number.POSITIVE_INFINITY } = {},
): void {
  const asked = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const isSame = request.headers['if-range'] === undefined || request.headers['if-range'] === etag;
  const start = asked && isSame ? Number(asked[1]) : 0;
  if (start > 0 && start >= body.length) {
    response.writeHead(416, { 'content-range': `bytes */${body.length}` }).end();
    return;
  }
  response.writeHead(start ? 206 : 200, {
    etag,
    'content-length': body.length - start,
    ...(start && { 'content-range': `bytes ${start}-${body.length - 1}/${body.length}` }),
  });
  if (body.length - start <= cut) response.end(body.subarray(start));
  else response.write(body.subarray(start, start + cut), () => setTimeout(() => response.destroy(), 20));
}

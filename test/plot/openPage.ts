import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, it, type TestContext } from 'vitest';
import { findBrowser } from '../../src/plot/index.js';

/** A page that is open, and whatever it complained of or asked the network for. */
export interface Seen {
  page: Page;
  problems: string[];
}

export interface InBrowser {
  /** Folder of the pages, gone at the end. */
  readonly folder: string;
  /** Opens a page from a file. */
  open(name: string, html: string): Promise<Seen>;
  /** Opens an address. */
  visit(url: string, allowed?: RegExp): Promise<Seen>;
}

const args = [
  '--no-sandbox',
  ...['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
];

/** How long a page may take for one thing on a machine that is busy with others. */
const patienceMs = 90_000;

/**
 * One headless Chromium for the tests of a file. Returns how such a test is written: it is skipped, with the
 * reason, where there is no Chromium.
 */
export function withBrowser(): (
  name: string,
  run: (inBrowser: InBrowser, context: TestContext) => Promise<void>,
) => void {
  const path = findBrowser();
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    if (!path) return;
    folder = await mkdtemp(join(tmpdir(), 'sdc-browser-'));
    browser = await chromium.launch({ executablePath: path, args });
  });
  afterAll(async () => {
    await browser?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });
  const visit: InBrowser['visit'] = async (url, allowed = /^(file|data|blob):/) => {
    const page = await browser.newPage({ viewport: { width: 1300, height: 900 } });
    page.setDefaultTimeout(patienceMs);
    const problems: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => {
      if (!allowed.test(request.url())) problems.push(`network: ${request.url()}`);
    });
    await page.goto(url);
    return { page, problems };
  };
  const open: InBrowser['open'] = async (name, html) => {
    const file = join(folder, `${name}.html`);
    await writeFile(file, html);
    return visit(pathToFileURL(file).href);
  };
  return (name, run) =>
    it(name, { timeout: 3 * patienceMs }, async (context) => {
      if (!path) context.skip('no Chromium here');
      await run({ folder, open, visit }, context);
    });
}

/** Draws the figures of a page at once, not as they are scrolled to. */
export const drawAll = (page: Page) => page.evaluate('window.sdcDrawAll()');

/** Waits until every picture of a page has come or failed, and returns those that show nothing. */
export const brokenPictures = (page: Page) =>
  page.evaluate(async () => {
    const pictures = Array.from(document.images);
    const tried = pictures.map((picture) => {
      picture.loading = 'eager';
      return picture.decode().catch(() => {});
    });
    await Promise.all(tried);
    return pictures.filter(({ naturalWidth }) => naturalWidth === 0).map(({ src }) => src.slice(0, 200));
  });

import { mkdtemp, readFile, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { bundleOf } from '../../src/notebook/bundle.js';
import {
  conceptMap,
  type Explorer,
  findBrowser,
  renderExplorer,
  renderPage,
  saveFigure,
  surfaceMap,
  wordBars,
} from '../../src/plot/index.js';
import { ellipsoids, where } from './ellipsoids.js';
import { everyFigure } from './everyFigure.js';
import { drawAll, withBrowser } from './openPage.js';

const geometry = ellipsoids();
const test = withBrowser();

/** Share of an element's pixels that pass, and their mean place, 0–1, by drawing its screenshot on a canvas. */
async function placeOf(page: Page, selector: string, rule: string) {
  const shot = (await page.locator(selector).first().screenshot()).toString('base64');
  return page.evaluate(
    async ([data, body]) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = new OffscreenCanvas(image.width, image.height);
      const context = canvas.getContext('2d')!;
      context.drawImage(image, 0, 0);
      const pixels = context.getImageData(0, 0, image.width, image.height).data;
      const test = new Function('r', 'g', 'b', `return ${body}`) as (
        r: number,
        g: number,
        b: number,
      ) => boolean;
      let [n, x, y] = [0, 0, 0];
      // The legend, at the right, is left out.
      for (let row = 0; row < image.height; row++) {
        for (let column = 0; column < image.width * 0.78; column++) {
          const at = 4 * (row * image.width + column);
          if (!test(pixels[at]!, pixels[at + 1]!, pixels[at + 2]!)) continue;
          n++;
          x += column;
          y += row;
        }
      }
      return { n, x: x / n / image.width / 0.78, y: y / n / image.height };
    },
    [shot, rule] as const,
  );
}

test('every kind of figure draws, light and dark, with no error and no network', async ({ open }) => {
  const figures = await everyFigure();
  const html = renderPage({ title: 'All', sections: [{ title: 'All', blocks: Object.values(figures) }] });
  const { page, problems } = await open('all', html);
  await drawAll(page);
  await page.click('#theme');
  expect(await page.evaluate('window.sdcTurned')).toBe('dark');
  const structure = await page.evaluate(() =>
    Array.from(document.querySelectorAll('.sdc-figure')).map((figure) => ({
      title: figure.querySelector('.gtitle')?.textContent,
      legend: Array.from(figure.querySelectorAll('.legendtext')).map((text) => text.textContent),
      axes: Array.from(figure.querySelectorAll('.xtitle, .ytitle, .x2title, .y2title')).map(
        (text) => text.textContent,
      ),
      pictures: figure.querySelectorAll('image').length,
      scenes: figure.querySelectorAll('.gl-container canvas, canvas').length > 0,
    })),
  );
  expect(problems).toEqual([]);
  expect(Object.fromEntries(Object.keys(figures).map((name, i) => [name, structure[i]]))).toMatchSnapshot();
  // Nothing is clipped: every text lies inside its figure.
  const clipped = await page.evaluate(() =>
    Array.from(document.querySelectorAll('.sdc-figure')).flatMap((figure, i) => {
      const frame = figure.getBoundingClientRect();
      return Array.from(figure.querySelectorAll('svg text')).flatMap((text) => {
        const box = text.getBoundingClientRect();
        const hidden =
          box.width === 0 || getComputedStyle(text).opacity === '0' || text.closest('.legend .scrollbox');
        const outside =
          box.left < frame.left - 1 ||
          box.right > frame.right + 1 ||
          box.top < frame.top - 1 ||
          box.bottom > frame.bottom + 1;
        return !hidden && outside ? [`${i}: ${text.textContent}`] : [];
      });
    }),
  );
  expect(clipped).toEqual([]);
  await page.close();
});

test('a left posterior blob is drawn left, in the legend’s colour, flat and turned', async ({ open }) => {
  const mask = { left: where(geometry.left!, (_, y) => y < -70) };
  const layers = [{ name: 'a', mask }];
  const { page, problems } = await open(
    'blob',
    renderPage({
      title: 'Blob',
      sections: [
        {
          title: 'Blob',
          blocks: [
            conceptMap(layers, geometry),
            surfaceMap(layers, geometry, { from: 'behind' }),
            surfaceMap(layers, geometry, { from: 'left' }),
          ],
        },
      ],
    }),
  );
  await drawAll(page);
  await page.waitForTimeout(500);
  const legend = await page
    .locator('.sdc-figure')
    .first()
    .locator('.legendpoints path')
    .first()
    .evaluate((mark) => getComputedStyle(mark).fill);
  expect(legend).toBe('rgb(0, 114, 178)');
  const flat = await placeOf(page, '.sdc-figure >> nth=0', 'r === 0 && g === 114 && b === 178');
  expect(flat.n).toBeGreaterThan(500);
  expect(flat.x).toBeGreaterThan(0.3);
  expect(flat.x).toBeLessThan(0.5);
  const blueish = 'b > 90 && b > r * 2 && b > g * 1.25';
  const behind = await placeOf(page, '.sdc-figure >> nth=1', blueish);
  expect(behind.n).toBeGreaterThan(500);
  expect(behind.x).toBeLessThan(0.5);
  const left = await placeOf(page, '.sdc-figure >> nth=2', blueish);
  expect(left.n).toBeGreaterThan(500);
  expect(left.x).toBeGreaterThan(0.55);
  expect(problems).toEqual([]);
  await page.close();
});

test('a notebook’s output draws itself, twice the same too, and its first brings plotly.js', async ({
  open,
}) => {
  const figure = wordBars([{ word: 'cake', score: 0.3 }]);
  const first = String(bundleOf(figure, true)['text/html']);
  const again = String(bundleOf(figure)['text/html']);
  const { page, problems } = await open('cell', `<!doctype html><body>${again}${first}${again}</body>`);
  await page.waitForFunction(() => document.querySelectorAll('.main-svg').length >= 6);
  expect(await page.locator('.gtitle').allTextContents()).toEqual(['Words', 'Words', 'Words']);
  expect(problems).toEqual([]);
  await page.close();
});

test('the explorer is used by mouse and by keyboard alone', async ({ open }) => {
  const { page, problems } = await open('explorer', renderExplorer(explorer()));
  const drawn = () => page.locator('#map').getAttribute('data-drawn');
  await page.waitForSelector('#map[data-drawn]');
  expect(await drawn()).toBe('0/flat/11');
  expect(await page.getByRole('option').allTextContents()).toEqual([
    expect.stringContaining('food'),
    expect.stringContaining('places'),
  ]);
  await page.getByRole('option', { name: /places/ }).click();
  await expect.poll(drawn, { timeout: 20_000 }).toBe('1/flat/11');
  expect(await page.locator('#card h2').textContent()).toBe('places');
  await page.getByRole('listbox').focus();
  await page.keyboard.press('ArrowUp');
  await expect.poll(drawn, { timeout: 20_000 }).toBe('0/flat/11');
  expect(await page.locator('#map').getAttribute('aria-label')).toBe(
    'food on the flat cortex: sub-01, sub-02',
  );
  await page.keyboard.press('2');
  await expect.poll(drawn, { timeout: 20_000 }).toBe('0/flat/10');
  // The one participant left has the concept in the left hemisphere: blue, and left of the middle.
  const blob = await placeOf(page, '#map', 'r === 0 && g === 114 && b === 178');
  expect(blob.n).toBeGreaterThan(500);
  expect(blob.x * 0.78).toBeLessThan(0.5);
  await page.keyboard.press('s');
  await expect.poll(drawn, { timeout: 20_000 }).toBe('0/inflated/10');
  await page.keyboard.press('s');
  await page.locator('#map').focus();
  for (let step = 0; step < 6; step++) await page.keyboard.press('Shift+ArrowLeft');
  await expect
    .poll(() => page.locator('#under').textContent(), { timeout: 20_000 })
    .toMatch(/^left, vertex \d+.*sub-01: cake/);
  await page.fill('#search', 'house');
  expect(await page.getByRole('option').count()).toBe(1);
  expect(await page.locator('#card h2').textContent()).toBe('places');
  expect(problems).toEqual([]);
  await page.close();
});

test('an explorer without concepts says so', async ({ open }) => {
  const { page, problems } = await open('empty', renderExplorer({ ...explorer(), concepts: [] }));
  expect(await page.locator('#card').textContent()).toMatch(/No concept was found/);
  expect(problems).toEqual([]);
  await page.close();
});

test('saveFigure draws PNG, SVG and PDF', async ({ folder }) => {
  const figure = wordBars([{ word: 'cake', score: 0.3 }]);
  for (const [kind, magic] of [
    ['png', '\x89PNG'],
    ['svg', '<svg'],
    ['pdf', '%PDF'],
  ] as const) {
    const file = join(folder, `figure.${kind}`);
    await saveFigure(file, figure);
    expect((await readFile(file)).subarray(0, magic.length).toString('latin1')).toBe(magic);
    expect((await stat(file)).size).toBeGreaterThan(1000);
  }
});

it('without a browser pictures are refused with what to do, and nothing is left', async (context) => {
  const before = { SDC_BROWSER: process.env['SDC_BROWSER'], PATH: process.env['PATH'] };
  const file = join(await mkdtemp(join(tmpdir(), 'sdc-none-')), 'figure.png');
  try {
    process.env['SDC_BROWSER'] = '/nowhere/chromium';
    await expect(saveFigure(file, wordBars([]))).rejects.toThrow(
      /SDC_BROWSER "\/nowhere\/chromium" is not a file here; name a Chromium/,
    );
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
    delete process.env['SDC_BROWSER'];
    process.env['PATH'] = '/nowhere';
    if (findBrowser()) context.skip('a browser lies in its usual place');
    await expect(saveFigure(file, wordBars([]))).rejects.toThrow(/install Chromium .* HTML needs none/);
    await expect(stat(file)).rejects.toThrow(/ENOENT/);
  } finally {
    for (const [name, value] of Object.entries(before)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
});

function explorer(): Explorer {
  const picture =
    '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"><circle r="4" cx="4" cy="4"/></svg>';
  const all = (half: 'left' | 'right') =>
    Int32Array.from(
      where(geometry[half]!, () => true),
      () => 0,
    );
  const card = (concept: number, name: string, word: string) => ({
    ...{ concept, name, nVoxels: 300, nParticipants: 2, words: [{ word, score: 0.3 }], values: { p: 0.01 } },
  });
  const half = { left: where(geometry.left!, (_, y) => y < 0) };
  const back = { right: where(geometry.right!, (_, y) => y < -40) };
  return {
    title: 'Study',
    participants: ['sub-01', 'sub-02'],
    geometry,
    pictures: [new TextEncoder().encode(picture)],
    pictureNames: ['cake'],
    best: [{ left: all('left'), right: all('right') }, {}],
    concepts: [
      {
        card: card(0, 'food', 'cake'),
        masks: [half, half],
        nVoxels: [200, 100],
        pictures: [{ heading: 'Most', pictures: [0] }],
      },
      { card: card(1, 'places', 'house'), masks: [back, undefined], nVoxels: [300, 0] },
    ],
  };
}

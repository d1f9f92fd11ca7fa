import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { conceptMap, glassBrain, renderPage, volumeSlices } from '../../src/plot/index.js';
import { decodePng } from './decodePng.js';
import { ellipsoids, where } from './ellipsoids.js';
import { drawAll, withBrowser } from './openPage.js';

const geometry = ellipsoids();
const test = withBrowser();
const layers = [
  { name: 'sub-01', mask: { left: where(geometry.left!, (_, y) => y < 0) } },
  { name: 'sub-02', mask: { left: where(geometry.left!, (_, y) => y < -40 || y > 40) } },
  { name: 'sub-03', mask: { left: where(geometry.left!, (_, y) => y < -70) } },
];
const [blue, orange, white] = ['#0072B2FF', '#E69F00FF', '#FFFFFFFF'];

/** Colours of a map's own image, as the browser has it now. */
const coloursOf = async (page: Page, image: number) => {
  const uri = await page
    .locator('.sdc-figure .layer-above image, .sdc-figure .imagelayer image')
    .nth(image)
    .getAttribute('href');
  const png = decodePng(uri!);
  const seen = new Set<string>();
  for (let y = 0; y < png.height; y += 3) for (let x = 0; x < png.width; x += 3) seen.add(png.at(x, y));
  return [...seen].filter((colour) => !colour.endsWith('00')).sort();
};

test('a layer clicked in a flat map’s legend is hidden, what it overlapped is the other’s', async ({
  open,
}) => {
  const { page, problems } = await open(
    'legend',
    renderPage({
      title: 'T',
      sections: [{ title: 'S', blocks: [conceptMap(layers, geometry, { outlines: false })] }],
    }),
  );
  await drawAll(page);
  const entry = (name: string) => page.locator('.legend .traces', { hasText: name });
  const colours = () => coloursOf(page, 1);
  expect(await colours()).toEqual([blue, orange, white].sort());
  await entry('sub-01').click();
  // Behind y = −70 sub-02 and sub-03 still overlap.
  await expect.poll(colours, { timeout: 20_000 }).toEqual([orange, white].sort());
  expect(await entry('sub-01').getAttribute('style')).toContain('opacity: 0.5');
  await entry('sub-03').click();
  await expect.poll(colours, { timeout: 20_000 }).toEqual([orange]);
  await entry('sub-01').click();
  await expect.poll(colours, { timeout: 20_000 }).toEqual([blue, orange, white].sort());
  // However slow the machine, the two clicks are one double click.
  await page.evaluate(() => {
    const div = document.querySelector('.sdc-figure') as unknown as {
      _context: { doubleClickDelay: number };
      _legendMouseDownTime: number;
    };
    div._context.doubleClickDelay = 20_000;
    div._legendMouseDownTime = 0;
  });
  await entry('sub-02').dblclick();
  await expect.poll(colours, { timeout: 20_000 }).toEqual([orange]);
  await entry('sub-02').dblclick();
  await expect.poll(colours, { timeout: 20_000 }).toEqual([blue, orange, white].sort());
  await page.click('#theme');
  expect(await colours()).toEqual([blue, orange, white].sort());
  expect(problems).toEqual([]);
  await page.close();
});

test('so is one of slices, and one seen through the head', async ({ open }) => {
  const shape = [6, 6, 6] as const;
  const affine = [2, 0, 0, -6, 0, 2, 0, -6, 0, 0, 2, -6, 0, 0, 0, 1];
  const ijk = [Int32Array.of(1, 3, 3, 3, 3, 3), Int32Array.of(3, 3, 3, 4, 3, 3)];
  const slices = volumeSlices(
    ijk.map((own, i) => ({ name: `sub-0${i + 1}`, ijk: own })),
    { shape, affine },
  );
  const glass = glassBrain(
    ijk.map((own, i) => ({ name: `sub-0${i + 1}`, xyzMm: Float32Array.from(own, (v) => 20 * v - 60) })),
  );
  const blocks = [slices, glass];
  const { page, problems } = await open(
    'others',
    renderPage({ title: 'T', sections: [{ title: 'S', blocks }] }),
  );
  await drawAll(page);
  const colours = () => coloursOf(page, 1);
  expect(await colours()).toEqual([blue, orange, white].sort());
  await page.locator('.legend .traces', { hasText: 'sub-01' }).first().click();
  await expect.poll(colours, { timeout: 20_000 }).toEqual([orange]);
  expect(await coloursOf(page, 3)).toEqual([blue, orange, white].sort());
  await page.locator('.legend .traces', { hasText: 'sub-02' }).nth(1).click();
  await expect.poll(() => coloursOf(page, 3), { timeout: 20_000 }).toEqual([blue]);
  expect(problems).toEqual([]);
  await page.close();
});

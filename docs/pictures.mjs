// Makes the README's two pictures from a finished study, with Chromium:
//   npm run build && npm run demo && node docs/pictures.mjs [STUDY] [--concept N] [--out FOLDER]
// docs/flatmap.png: one concept on the flat cortex; docs/explorer.png: the explorer at that concept.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { findBrowser } from '../dist/index.js';
import { palettePng } from '../dist/plot/maps/png.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concept: { type: 'string', default: '0' }, out: { type: 'string', default: 'docs' } },
});
const study = resolve(positionals[0] ?? 'phantom-study');
const concept = Number(values.concept);
// The explorer shows the study's first clustering: the maps must be of the same.
const { vectors } = JSON.parse(readFileSync(join(study, 'study.json'), 'utf8')).cluster[0];
const clustering = readdirSync(join(study, 'figures')).find(
  (name) => name.startsWith(vectors) && name.endsWith('.html'),
);
const executablePath = findBrowser();
if (!executablePath) throw new Error('Chromium is not here; name one in SDC_BROWSER');
const args = ['--no-sandbox', '--force-color-profile=srgb'];
const browser = await chromium.launch({ executablePath, args });

const explorer = await browser.newPage({ viewport: { width: 1280, height: 1040 } });
await explorer.goto(pathToFileURL(join(study, 'explorer.html')).href);
const name = await explorer.evaluate(
  (n) => JSON.parse(document.getElementById('study').textContent).concepts[n].card.name,
  concept,
);
await explorer.locator(`#concept-${concept}`).click();
await explorer.waitForTimeout(500);
await save('explorer.png', await explorer.screenshot(), explorer);

const maps = await browser.newPage({ viewport: { width: 1100, height: 900 }, deviceScaleFactor: 2 });
await maps.goto(pathToFileURL(join(study, 'figures', clustering)).href);
const figure = maps.locator('.sdc-figure').nth(concept);
await figure.scrollIntoViewIfNeeded();
await maps.waitForFunction((n) => document.querySelectorAll('.sdc-figure')[n].dataset.drawn, concept);
await figure.evaluate((div, title) => window.Plotly.relayout(div, { 'title.text': title }), `“${name}”`);
await save('flatmap.png', await figure.screenshot(), maps);
await browser.close();

/** Writes a screenshot in its 255 weightiest colours, a third of its size. */
async function save(name, png, page) {
  const { width, height, data } = await page.evaluate(async (source) => {
    const image = new Image();
    image.src = source;
    await image.decode();
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const pixels = context.getImageData(0, 0, image.width, image.height).data;
    let text = '';
    for (let i = 0; i < pixels.length; i += 8192) {
      text += String.fromCharCode(...pixels.subarray(i, i + 8192));
    }
    return { width: image.width, height: image.height, data: btoa(text) };
  }, `data:image/png;base64,${png.toString('base64')}`);
  const { codes, palette } = reduceColours(Buffer.from(data, 'base64'));
  const path = join(values.out, name);
  writeFileSync(path, Buffer.from(palettePng(codes, width, height, palette).split(',')[1], 'base64'));
  console.log(`${path}: ${width} × ${height}, ${Math.round(statSync(path).size / 1000)} kB`);
}

/** Median cut: boxes of colours are halved at their middle until there are 255. */
function reduceColours(rgba) {
  const counts = new Map();
  for (let i = 0; i < rgba.length; i += 4) {
    const colour = (rgba[i] << 16) | (rgba[i + 1] << 8) | rgba[i + 2];
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const channel = (colour, axis) => (colour >> (16 - 8 * axis)) & 255;
  const boxOf = (colours) => {
    const spread = [0, 1, 2].map((axis) => {
      let [low, high] = [255, 0];
      for (const colour of colours) {
        low = Math.min(low, channel(colour, axis));
        high = Math.max(high, channel(colour, axis));
      }
      return high - low;
    });
    const axis = spread.indexOf(Math.max(...spread));
    const weight = colours.reduce((sum, colour) => sum + Math.sqrt(counts.get(colour)), 0);
    return { colours, axis, worth: spread[axis] ** 2 * weight };
  };
  const boxes = [boxOf([...counts.keys()])];
  while (boxes.length < 255) {
    const worst = boxes.reduce((most, box) => (box.worth > most.worth ? box : most));
    if (worst.worth === 0) break;
    const sorted = worst.colours.sort((a, b) => channel(a, worst.axis) - channel(b, worst.axis));
    const middle = (channel(sorted[0], worst.axis) + channel(sorted.at(-1), worst.axis)) / 2;
    const cut = Math.max(
      1,
      sorted.findIndex((colour) => channel(colour, worst.axis) > middle),
    );
    boxes.splice(boxes.indexOf(worst), 1, boxOf(sorted.slice(0, cut)), boxOf(sorted.slice(cut)));
  }
  const codeOf = new Map();
  const palette = boxes.map(({ colours }, code) => {
    // The commonest colour of a box stands for it: flat areas keep their own.
    const chosen = colours.reduce((most, colour) => (counts.get(colour) > counts.get(most) ? colour : most));
    for (const colour of colours) codeOf.set(colour, code);
    return [0, 1, 2].map((axis) => channel(chosen, axis)).concat(255);
  });
  const codes = new Uint8Array(rgba.length / 4);
  for (let i = 0; i < codes.length; i++) {
    codes[i] = codeOf.get((rgba[4 * i] << 16) | (rgba[4 * i + 1] << 8) | rgba[4 * i + 2]);
  }
  return { codes, palette };
}

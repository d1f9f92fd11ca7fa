import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { describe, expect, it } from 'vitest';
import { bundleOf } from '../../src/notebook/bundle.js';
import * as builders from '../../src/plot/index.js';
import { clusterCounts, conceptMap, lossCurves, surfaceMap } from '../../src/plot/index.js';
import { packTyped } from '../../src/plot/pack.js';
import { niceTicks, numbersOf } from '../../src/plot/still/numbers.js';
import { stillPicture } from '../../src/plot/still/stillPicture.js';
import { ndarray } from '../../src/util/array.js';
import { ellipsoids, where } from './ellipsoids.js';
import { everyFigure } from './everyFigure.js';

describe('stillPicture', () => {
  it('is well-formed SVG with the title for every kind of figure', async () => {
    for (const [name, figure] of Object.entries(await everyFigure())) {
      const svg = stillPicture(figure);
      expect(XMLValidator.validate(svg), name).toBe(true);
      expect(new XMLParser().parse(svg).svg.title, name).toBe(figure.description);
      expect(svg, name).not.toMatch(/NaN|undefined|Infinity/);
    }
  });
  it('draws the cells of a heatmap side by side over the whole plot', () => {
    const counts = ndarray(Int32Array.of(4, 2, 0, 1), [2, 2]);
    const svg = stillPicture(clusterCounts({ counts }));
    const cells = [
      ...svg.matchAll(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)" fill="#/g),
    ]
      .map((cell) => cell.slice(1).map(Number))
      .filter(([x]) => x! > 0)
      .slice(-4);
    const [first, second] = cells;
    expect(second![0]! - first![0]!).toBeCloseTo(first![2]! + 1, 0);
    expect(new Set(cells.map(([, y]) => y)).size).toBe(2);
  });
  it('holds the pictures of a map, and no script', () => {
    const geometry = ellipsoids();
    const svg = stillPicture(
      conceptMap([{ name: '<a>', mask: { left: where(geometry.left!, () => true) } }], geometry),
    );
    expect(svg.match(/<image /g)?.length).toBe(2);
    expect(svg).not.toMatch(/<script|<a>/);
    expect(stillPicture(surfaceMap([], geometry))).toContain('A surface to turn');
  });
  it('stands in the notebook’s HTML outside the script, for notebooks that are not trusted', () => {
    const html = String(
      bundleOf(lossCurves([{ participant: 'a', step: [0, 1], loss: [2, 1] }]))['text/html'],
    );
    expect(html.replace(/<script[\s\S]*?<\/script>/g, '')).toMatch(
      /<img src="data:image\/svg\+xml;base64,[^"]{500}/,
    );
  });
});

it('numbersOf reads lists with gaps and packed numbers alike', () => {
  expect(numbersOf([1, null, 3])).toEqual([1, Number.NaN, 3]);
  expect(numbersOf(packTyped(Int16Array.of(-1, 2)))).toEqual([-1, 2]);
  expect(numbersOf(undefined)).toEqual([]);
});

it('niceTicks are round values inside the range', () => {
  expect(niceTicks(0, 1)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
  expect(niceTicks(-3, 13)).toEqual([0, 5, 10]);
  expect(niceTicks(2, 2)).toEqual([2]);
});

it('the gallery shows every kind of figure', async () => {
  const page = readFileSync(join(import.meta.dirname, '../../src/cli/galleryPage.ts'), 'utf8');
  // Some are views of a builder that is there under its own name.
  const kinds = Object.keys(await everyFigure()).filter((kind) => kind in builders);
  expect(kinds.length).toBeGreaterThan(20);
  expect(kinds.filter((kind) => !page.includes(`${kind}(`))).toEqual([]);
});

import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inlineHtml } from '../../src/plot/html.js';
import { type Figure, lossCurves, renderPage, saveFigure } from '../../src/plot/index.js';
import { pictureUri } from '../../src/plot/pictures.js';
import { packFigures } from '../../src/plot/renderPage.js';
import { tableHtml, tableText } from '../../src/plot/tableHtml.js';

const figure = lossCurves([{ participant: 'sub-01', step: [0, 1], loss: [4, 3] }]);
const page = (blocks: Parameters<typeof renderPage>[0]['sections'][0]['blocks']) =>
  renderPage({ title: 'T', sections: [{ title: 'S', blocks }] });

describe('renderPage', () => {
  it('holds plotly.js once, however many figures', () => {
    const size = page([figure]).length;
    expect(page([figure, figure, figure]).length - size).toBeLessThan(10_000);
    expect(size).toBeGreaterThan(4e6);
  });
  it('leaves plotly.js out where there is no figure', () => {
    expect(page(['Words.']).length).toBeLessThan(20_000);
  });
  it('gives the same bytes for the same page', () => {
    expect(page([figure])).toBe(page([figure]));
  });
  it('escapes titles, prose, cells and captions', () => {
    const evil = '<script>alert(1)</script>';
    const html = renderPage({
      title: evil,
      lead: evil,
      sections: [
        { title: evil, blocks: [evil, { table: [{ [evil]: evil }], caption: evil }, { list: [evil] }] },
      ],
    });
    expect(html).not.toContain(evil);
  });
  it('keeps data from closing its script element', () => {
    const evil: Figure = { ...figure, layout: { ...figure.layout, title: { text: '</script><b>' } } };
    expect(page([evil])).not.toContain('</script><b>');
  });
  it('gives sections of one title different ids', () => {
    const html = renderPage({
      title: 'T',
      sections: [
        { title: 'A', blocks: [] },
        { title: 'A', blocks: [] },
      ],
    });
    const ids = [...html.matchAll(/<h2 id="([^"]+)"/g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(2);
  });
});

it('packFigures writes long data that figures share once', () => {
  const z = { dtype: 'u1', bdata: 'A'.repeat(5000) };
  const map = (name: string): Figure => ({ ...figure, data: [{ type: 'heatmap', name, z }] });
  const packed = packFigures([map('a'), map('b')]);
  expect(JSON.stringify(packed).match(/A{5000}/g)?.length).toBe(1);
  expect(packed['shared']).toEqual([z.bdata]);
});

it('packFigures writes long lists of few strings as numbers', () => {
  const text = Array.from({ length: 600 }, (_, i) => `name ${i % 7}`);
  const all = text.map((name, i) => `${name} ${i}`);
  const packed = packFigures([{ ...figure, data: [{ type: 'scatter', text, hovertext: all, x: [1] }] }]);
  const [trace] = (packed['figures'] as { data: Record<string, unknown>[] }[])[0]!.data;
  const { strings, codes } = trace!['text'] as { strings: string[]; codes: string };
  const numbers = new Uint16Array(Uint8Array.from(Buffer.from(codes, 'base64')).buffer);
  expect(Array.from(numbers, (code) => strings[code])).toEqual(text);
  expect(trace!['hovertext']).toEqual(all);
});

it('inlineHtml knows code, bold, italics and links, and takes javascript: for text', () => {
  expect(inlineHtml('`a*b*` **b** *i* [x](https://e.org) [y](javascript:1)')).toBe(
    '<code>a*b*</code> <strong>b</strong> <em>i</em> <a href="https://e.org">x</a> [y](javascript:1)',
  );
});

describe('tables', () => {
  it('come from rows, columns, arquero-like and danfojs-like tables alike', () => {
    const columns = { a: Int32Array.of(1, 2), b: ['x', 'y'] };
    const arquero = {
      columnNames: () => ['a', 'b'],
      numRows: () => 2,
      array: (name: string) => columns[name as 'a'],
    };
    const danfo = {
      columns: ['a', 'b'],
      values: [
        [1, 'x'],
        [2, 'y'],
      ],
      index: [0, 1],
      shape: [2, 2] as [number, number],
    };
    const rows = [
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ];
    for (const table of [arquero, danfo, rows]) expect(tableHtml(table)).toBe(tableHtml(columns));
  });
  it('count the rows they leave out', () => {
    const rows = Array.from({ length: 50 }, (_, i) => ({ i }));
    expect(tableHtml(rows, { maxRows: 10 })).toContain('and 40 more rows');
    expect(tableText(rows, { maxRows: 10 }).split('\n').length).toBe(12);
  });
  it('show missing values as a dash and numbers at four digits', () => {
    expect(tableText([{ a: Number.NaN, b: 1 / 3, c: null, d: 1e-7 }])).toMatch(/–\s+0\.3333\s+–\s+1\.00e-7/);
  });
});

describe('pictureUri', () => {
  it('knows the kinds of picture by their first bytes', () => {
    expect(pictureUri(Uint8Array.of(0x89, 0x50, 0x4e, 0x47))).toMatch(/^data:image\/png;base64,iVBORw/);
    expect(pictureUri(new TextEncoder().encode('<svg xmlns="…">'))).toMatch(/^data:image\/svg\+xml/);
  });
  it('refuses other bytes and paths', () => {
    expect(() => pictureUri(Uint8Array.of(1, 2))).toThrow(/PNG, JPEG/);
    expect(() => pictureUri('cat.png')).toThrow(/read the file and give its bytes/);
  });
});

it('saveFigure writes HTML and JSON, and refuses what it does not know', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sdc-figure-'));
  await saveFigure(join(folder, 'f.json'), figure);
  expect(Object.keys(JSON.parse(await readFile(join(folder, 'f.json'), 'utf8')))).toEqual([
    'data',
    'layout',
    'config',
  ]);
  await saveFigure(join(folder, 'f.html'), figure);
  expect(await readFile(join(folder, 'f.html'), 'utf8')).toContain('Loss over training');
  await expect(saveFigure(join(folder, 'f.bmp'), figure)).rejects.toThrow(/f\.bmp/);
});

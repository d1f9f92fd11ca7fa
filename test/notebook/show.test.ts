import { expect, it } from 'vitest';
import { bundleOf } from '../../src/notebook/bundle.js';
import { lossCurves } from '../../src/plot/index.js';

const figure = lossCurves([{ participant: 'sub-01', step: [0, 1], loss: [4, 3] }]);
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

it('a figure is one output with the Plotly type, HTML that draws itself, and text', () => {
  const bundle = bundleOf(figure);
  expect(Object.keys(bundle)).toEqual(['application/vnd.plotly.v1+json', 'text/html', 'text/plain']);
  expect(bundle['text/plain']).toBe(figure.description);
  expect(bundle['application/vnd.plotly.v1+json']).not.toHaveProperty('description');
});

it('a figure carries plotly.js only where asked to', () => {
  const size = (withPlotly: boolean) => (bundleOf(figure, withPlotly)['text/html'] as string).length;
  expect(size(false)).toBeLessThan(20_000);
  expect(size(true)).toBeGreaterThan(4e6);
});

it('the same figure gives the same bytes', () => {
  expect(bundleOf(figure)).toEqual(bundleOf(figure));
});

it('a figure that a user wrote in Plotly’s own words keeps what it says and gets the theme, with its description for a still picture', () => {
  const data = [{ type: 'bar', x: ['a', 'b'], y: [1, 2] }];
  const bundle = bundleOf({ data, layout: { title: { text: 'Mine' } }, description: 'Two bars & more.' });
  expect(bundle['application/vnd.plotly.v1+json']).toMatchObject({ data });
  const { layout } = bundle['application/vnd.plotly.v1+json'] as { layout: Record<string, unknown> };
  expect(layout).toMatchObject({ title: { text: 'Mine' }, template: figure.layout['template'] });
  const own = { layout: { template: { layout: {} } } };
  const kept = bundleOf({ data, ...own, description: '' })['application/vnd.plotly.v1+json'];
  expect(kept).toMatchObject({ data, ...own });
  const still = /base64,([^"]+)"/.exec(bundle['text/html'] as string)![1]!;
  expect(Buffer.from(still, 'base64').toString()).toMatch(/>Mine<.*>Two bars &amp; more\.</s);
});

it('tables and pictures are HTML and text', () => {
  expect(bundleOf([{ a: 1 }])['text/plain']).toBe('a\n1');
  expect(bundleOf(png)['text/html']).toContain('data:image/png;base64');
  expect(bundleOf([{ image: png, caption: 'cat' }])['text/html']).toContain('<span>cat</span>');
});

it('what cannot be shown is refused by name', () => {
  expect(() => bundleOf(7 as never)).toThrow('value to show is 7');
  expect(() => bundleOf([] as never)).toThrow('value to show');
});

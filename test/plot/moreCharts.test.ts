import { describe, expect, it } from 'vitest';
import { bundleOf } from '../../src/notebook/bundle.js';
import {
  conceptCardHtml,
  condensedTree,
  embeddingMap,
  type Figure,
  featureDissociation,
  hierarchyBranches,
  imageGallery,
  placeVectors,
  recoveryFigure,
  regionHeatmap,
  saveFigure,
  wordBars,
} from '../../src/plot/index.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

const traces = (figure: Figure) => figure.data as unknown as Record<string, never>[];

describe('wordBars', () => {
  const words = [
    { vector: 0, side: 'most', rank: 1, word: 'cake', score: 0.3 },
    { vector: 0, side: 'most', rank: 2, word: 'pie', score: 0.2 },
    { vector: 0, side: 'least', rank: 1, word: 'bus', score: -0.2 },
    { vector: 1, side: 'most', rank: 1, word: 'dog', score: 0.9 },
  ];
  it('ranks the nearest from above and the farthest from below', () => {
    expect(traces(wordBars(words, { vector: 0 }))[0]!['text']).toEqual(['cake', 'pie', 'bus']);
  });
  it('takes only the vector asked for, the first by default', () => {
    expect(traces(wordBars(words, { vector: 1 }))[0]!['text']).toEqual(['dog']);
    expect(wordBars(words).description).toContain('cake, pie; farthest: bus');
  });
  it('names a missing column and says so where there are no words', () => {
    expect(() => wordBars([{ word: 'a' }])).toThrow(/among them "score"/);
    expect(wordBars([]).description).toMatch(/no words/);
  });
});

describe('regionHeatmap', () => {
  const table = [
    { concept: 2, region: 'FFA', system: 'floc', share: 0.5, z: 4 },
    { concept: 2, region: 'V1', system: 'visual', share: 0.1, z: -1 },
    { concept: 0, region: 'FFA', system: 'floc', share: 0.25, z: 1 },
  ];
  it('puts concepts in order down and regions across; what is absent is a share of 0', () => {
    const z = (traces(regionHeatmap(table))[0] as unknown as { z: { bdata: string; shape: string } }).z;
    expect(z.shape).toBe('2, 2');
    expect(Array.from(new Float32Array(Uint8Array.from(Buffer.from(z.bdata, 'base64')).buffer))).toEqual([
      0.25,
      0,
      0.5,
      expect.closeTo(0.1),
    ]);
  });
  it('shows z on a scale symmetric about zero', () => {
    const trace = traces(regionHeatmap(table, { value: 'z' }))[0]!;
    expect([trace['zmin'], trace['zmax']]).toEqual([-4, 4]);
  });
});

it('featureDissociation puts the features that tell most apart first, and fills what holds', () => {
  const rows = [
    { target: 'first', feature: 'a', r: 0.1, pCorrected: 0.5 },
    { target: 'second', feature: 'a', r: 0.2, pCorrected: 0.5 },
    { target: 'first', feature: 'b', r: 0.6, pCorrected: 0.01 },
    { target: 'second', feature: 'b', r: -0.3, pCorrected: 0.2 },
  ];
  const [, first] = traces(featureDissociation(rows));
  expect(first!['text']).toEqual(['b', 'a']);
  expect((first!['marker'] as { symbol: string[] }).symbol).toEqual(['circle', 'circle-open']);
});

it('featureDissociation draws what was tested: partial correlations, where there are any', () => {
  const row = { target: 'first', feature: 'warmth', r: 0.8, pCorrected: 0.01 };
  const xOf = (figure: Figure) => (traces(figure)[1] as unknown as { x: number[] }).x;
  const axisOf = (figure: Figure) => (figure.layout['xaxis'] as { title: { text: string } }).title.text;
  const partial = featureDissociation([{ ...row, partial: 0.3 }]);
  expect([xOf(partial), axisOf(partial)]).toEqual([[0.3], 'partial correlation with the concept’s score']);
  const plain = featureDissociation([row]);
  expect([xOf(plain), axisOf(plain)]).toEqual([[0.8], 'correlation with the concept’s score']);
});

it('saveFigure names arguments that were swapped, and writes nothing', async () => {
  const figure = wordBars([]);
  await expect(saveFigure(figure as never, 'a.html' as never)).rejects.toThrow(
    /path is .*; must be a file name/,
  );
  await expect(saveFigure('a.html', 7 as never)).rejects.toThrow('figure is 7; must be a figure');
});

it('recoveryFigure counts found, missed and false', () => {
  const figure = recoveryFigure({
    planted: [
      { name: 'food', shared: true, found: true, cosine: 0.9, precision: 1, recall: 0.8 },
      { name: 'faces', shared: true, found: false, cosine: null },
      { name: 'furniture', shared: false, found: true },
    ],
    falseClusters: 1,
  });
  expect((figure.layout['title'] as { subtitle: { text: string } }).subtitle.text).toBe(
    '1 of 2 shared concepts found, 2 clusters that should not be',
  );
});

describe('condensedTree', () => {
  const tree = [
    { parent: -1, epsTop: 0.7, epsBottom: 0.4, size: 100 },
    { parent: 0, epsTop: 0.4, epsBottom: 0.1, size: 40, selected: true, name: 'food' },
    { parent: 0, epsTop: 0.4, epsBottom: 0.2, size: 30 },
  ];
  it('draws each branch over its range of eps', () => {
    const food = traces(condensedTree(tree)).filter((trace) => trace['fill'])[1]!;
    expect(food['y']).toEqual([0.4, 0.4, 0.1, 0.1, 0.4]);
  });
  it('takes a hierarchy’s branches: from birth down to the top of their life', () => {
    const branch = { birth: 0, top: 0, participants: 4, stability: 1 };
    const branches = [
      { ...branch, parent: 1, birthEps: 0.3, topEps: 0.1, size: 20, persistence: 0.4 },
      { ...branch, parent: -1, birthEps: 0.5, topEps: 0.3, size: 60, persistence: 0.1 },
    ];
    const [child, root] = hierarchyBranches({ branches, selected: [0] }, ['food']);
    expect(child).toEqual({
      ...{ parent: 1, epsTop: 0.3, epsBottom: 0.1, size: 20, persistence: 0.4, selected: true, name: 'food' },
    });
    expect(root).toMatchObject({ parent: -1, epsBottom: 0.3, size: 60, persistence: 0.1, selected: false });
    // The root is drawn to a little above the last meeting, by 0.15 of what lies below, not to the end of its life.
    expect(root!.epsTop).toBeCloseTo(0.33, 12);
    const [alone] = hierarchyBranches({ branches: [{ ...branches[1]!, birthEps: 2 }], selected: [] });
    expect(alone!.epsTop).toBeCloseTo(1.15 * 0.3, 12);
    const apart = { ...branches[1]!, birthEps: 2, topEps: 0.6 };
    const tops = hierarchyBranches({ branches: [...branches, apart], selected: [] }).map((b) => b.epsTop);
    expect(tops).toEqual([0.3, 0.5, expect.closeTo(0.6 + 0.15 * 0.5, 12)]);
  });
  it('refuses cycles, absent parents and branches upside down', () => {
    expect(() => condensedTree([{ ...tree[0]!, parent: 5 }])).toThrow(/parent of branch 0/);
    expect(() => condensedTree([{ ...tree[0]!, epsBottom: 0.9 }])).toThrow(/epsBottom of branch 0/);
    expect(() =>
      condensedTree([
        { ...tree[0]!, parent: 1 },
        { ...tree[1]!, parent: 0 },
      ]),
    ).toThrow(/cycles/);
  });
});

describe('placeVectors', () => {
  const stream = randomStream(1, 'test');
  const vectors = matrix(40, 8);
  for (let i = 0; i < 40; i++) {
    for (let d = 0; d < 8; d++) vectors.data[8 * i + d] = 0.2 * stream.normal() + (d === i % 2 ? 2 : 0);
  }
  it('gives the same places for the same seed, others for another', async () => {
    const [a, b, c] = await Promise.all([0, 0, 1].map((seed) => placeVectors(vectors, { seed })));
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });
  it('keeps two groups apart', async () => {
    const { data } = await placeVectors(vectors);
    const centre = (group: number) => {
      const rows = Array.from({ length: 20 }, (_, i) => 2 * i + group);
      return [0, 1].map((k) => rows.reduce((sum, row) => sum + data[2 * row + k]!, 0) / 20);
    };
    const [a, b] = [centre(0), centre(1)];
    for (let i = 0; i < 40; i++) {
      const from = (c: number[]) => Math.hypot(data[2 * i]! - c[0]!, data[2 * i + 1]! - c[1]!);
      expect(from(i % 2 ? b! : a!)).toBeLessThan(from(i % 2 ? a! : b!));
    }
  });
  it('refuses too few vectors and NaN', async () => {
    await expect(placeVectors(matrix(2, 3))).rejects.toThrow(/at least 4/);
    await expect(placeVectors(matrix(5, 1, new Float32Array(5).fill(Number.NaN)))).rejects.toThrow(/finite/);
  });
  it('embeddingMap carries pictures for hovers and refuses rows that are not there', () => {
    const png = Uint8Array.of(0x89, 0x50);
    const group = { name: 'food', rows: [0, 1], pictures: [png, undefined] };
    const figure = embeddingMap(matrix(2, 2), [group]);
    expect(traces(figure)[0]!['meta']).toEqual({ pictures: ['data:image/png;base64,iVA=', null] });
    expect(bundleOf(figure)['text/html']).toContain('sdcHover');
    expect(() => embeddingMap(matrix(2, 2), [{ name: 'food', rows: [2] }])).toThrow(/row of food/);
  });
});

it('imageGallery groups a ranking by side and leaves out stimuli without a picture', () => {
  const png = Uint8Array.of(0x89, 0x50);
  const ranking = [
    { vector: 0, side: 'most', rank: 1, stimulus: 4, score: 0.5 },
    { vector: 0, side: 'most', rank: 2, stimulus: 5, score: 0.4 },
    { vector: 0, side: 'least', rank: 1, stimulus: 6, score: -0.4 },
    { vector: 1, side: 'most', rank: 1, stimulus: 7, score: 0.9 },
  ];
  const { pictures } = imageGallery(ranking, (stimulus) => (stimulus === 5 ? undefined : png));
  expect(pictures.map(({ heading, pictures: own }) => [heading, own.length])).toEqual([
    ['Most associated', 1],
    ['Least associated', 1],
  ]);
});

it('conceptCardHtml leaves out what is not known and escapes the rest', () => {
  const html = conceptCardHtml({
    concept: 3,
    name: '<food>',
    nVoxels: 1200,
    nParticipants: 8,
    values: { p: null },
  });
  expect(html).toContain('&lt;food&gt;');
  expect(html).toContain('1,200 voxels of 8 participants');
  expect(html).not.toContain('Measures');
});

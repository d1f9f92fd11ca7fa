import { describe, expect, it } from 'vitest';
import {
  clusterCounts,
  coreCounts,
  type Figure,
  lossCurves,
  negationFigure,
  noiseCeilingHistogram,
  nullSizes,
  retrievalCurves,
  similarityMatrix,
} from '../../src/plot/index.js';
import { similarityOrder } from '../../src/plot/similarityMatrix.js';
import { matrix, ndarray } from '../../src/util/array.js';

const text = (figure: Figure) => JSON.stringify(figure);
const traces = (figure: Figure) => figure.data as unknown as Record<string, never>[];
const counts = (rows: number[][]) =>
  ndarray(Int32Array.from(rows.flat()), [rows.length, rows[0]?.length ?? 0]);

describe('retrievalCurves', () => {
  const k = [1, 5, 10];
  const curve = { participant: 'sub-01', decoder: 'contrastive', k, accuracy: [0.1, 0.3, 0.5] };

  it('draws one line a participant and decoder, and chance at k over the number of candidates', () => {
    const figure = retrievalCurves([curve, { ...curve, participant: 'sub-02' }], { nCandidates: 100 });
    expect(traces(figure).map((trace) => trace['name'])).toEqual(['sub-01', 'sub-02', 'chance']);
    expect(traces(figure)[2]!['y']).toEqual([0.01, 0.05, 0.1]);
  });

  it('gives each decoder a panel, and each participant one entry in the legend and one colour', () => {
    const figure = retrievalCurves([curve, { ...curve, decoder: 'ridge' }]);
    const [first, second] = traces(figure) as unknown as {
      xaxis: string;
      showlegend: boolean;
      line: object;
    }[];
    expect([first!.xaxis, second!.xaxis]).toEqual(['x', 'x2']);
    expect([first!.showlegend, second!.showlegend]).toEqual([true, false]);
    expect(first!.line).toEqual(second!.line);
  });

  it('draws intervals as a band from low to high', () => {
    const figure = retrievalCurves([{ ...curve, low: [0, 0.2, 0.4], high: [0.2, 0.4, 0.6] }]);
    expect(traces(figure)[0]!['y']).toEqual([0.2, 0.4, 0.6, 0.4, 0.2, 0]);
  });

  it('names the list that does not fit', () => {
    expect(() => retrievalCurves([{ ...curve, accuracy: [0.1] }])).toThrow(
      'accuracy of sub-01 is 1; must be as many values as k, 3',
    );
  });

  it('says so where nothing was evaluated', () => {
    expect(retrievalCurves([]).description).toBe('No decoder was evaluated.');
  });
});

describe('lossCurves', () => {
  it('thins long runs to means, which keep the mean of the whole', () => {
    const step = Array.from({ length: 6000 }, (_, i) => i);
    const loss = step.map((i) => 5 - i / 2000);
    const y = traces(lossCurves([{ participant: 'sub-01', step, loss }]))[0]!['y'] as number[];
    expect(y.length).toBe(600);
    const mean = (list: number[]) => list.reduce((a, b) => a + b, 0) / list.length;
    expect(mean(y)).toBeCloseTo(mean(loss), 4);
  });

  it('puts similarity in a second panel only where it was logged', () => {
    const curve = { participant: 'sub-01', step: [0, 1], loss: [4, 3] };
    expect(lossCurves([curve]).layout).not.toHaveProperty('yaxis2');
    expect(lossCurves([{ ...curve, similarity: [0, 0.1] }]).layout).toHaveProperty('yaxis2');
  });

  it('colours all runs of one participant alike and names it once', () => {
    const run = (n: number) => ({ participant: 'sub-01', run: n, step: [0, 1], loss: [4, 3] });
    const lines = traces(lossCurves([run(0), run(1)])) as unknown as { line: object; showlegend: boolean }[];
    expect(lines[0]!.line).toEqual(lines[1]!.line);
    expect(lines.map((line) => line.showlegend)).toEqual([true, false]);
  });
});

describe('clusterCounts', () => {
  it('puts clusters down and participants across', () => {
    const trace = traces(clusterCounts({ counts: counts([[1, 2, 3]]) }))[0] as unknown as {
      z: { shape: string };
    };
    expect(trace.z.shape).toBe('1, 3');
  });
  it('is an empty figure with the reason where there is no cluster', () => {
    expect(clusterCounts({ counts: ndarray(new Int32Array(0), [0, 3]) }).description).toMatch('No cluster');
  });
  it('refuses names that do not fit', () => {
    expect(() => clusterCounts({ counts: counts([[1, 2]]) }, { participants: ['a'] })).toThrow(
      /participants/,
    );
  });
  it('escapes names, so that data cannot write markup', () => {
    expect(text(clusterCounts({ counts: counts([[1]]) }, { names: ['<b>x'] }))).not.toContain('<b>x');
  });
});

describe('similarityMatrix', () => {
  const near = Float32Array.from([1, 0, 0.9, 0, 0, 1, 0, 0.8, 0.9, 0, 1, 0, 0, 0.8, 0, 1]);

  it('puts similar rows next to each other', () => {
    const order = similarityOrder(matrix(4, 4, near));
    const place = (i: number) => order.indexOf(i);
    expect(Math.abs(place(0) - place(2))).toBe(1);
    expect(Math.abs(place(1) - place(3))).toBe(1);
    expect([...order].sort()).toEqual([0, 1, 2, 3]);
  });

  it('is symmetric about zero, from −1 to 1', () => {
    const trace = traces(similarityMatrix(matrix(4, 4, near)))[0]!;
    expect([trace['zmin'], trace['zmax']]).toEqual([-1, 1]);
  });

  it('refuses a matrix that is not square', () => {
    expect(() => similarityMatrix(matrix(2, 3))).toThrow(/square/);
  });
});

describe('noiseCeilingHistogram', () => {
  it('counts every finite voxel once, and those strictly above the threshold', () => {
    const percent = Float32Array.from([0, 1, 8, 8.5, 99.9, 100, Number.NaN]);
    const figure = noiseCeilingHistogram([{ participant: 'sub-01', percent }], { threshold: 8 });
    const bins = traces(figure)[0]!['customdata'] as number[];
    expect(bins.reduce((a, b) => a + b, 0)).toBe(6);
    expect(traces(figure)[0]!['name']).toContain('3 kept');
  });
  it('says so where no voxel has a ceiling', () => {
    const figure = noiseCeilingHistogram([{ participant: 'sub-01', percent: [Number.NaN] }]);
    expect(figure.description).toBe('No voxel has a noise ceiling.');
  });
});

describe('coreCounts', () => {
  const grid = {
    eps: [0.1, 0.2],
    minParticipants: [2, 3],
    core: counts([
      [1, 2],
      [0, 1],
    ]),
  };
  it('draws a line for each minParticipants and marks those in use', () => {
    const figure = coreCounts(grid, { eps: 0.2, minParticipants: 3 });
    expect(traces(figure).map((trace) => trace['name'])).toEqual(['2', '3 (in use)']);
    expect(traces(figure)[1]!['y']).toEqual([0, 1]);
  });
  it('refuses counts of another shape', () => {
    expect(() => coreCounts({ ...grid, core: counts([[1, 2]]) })).toThrow(/core shape/);
  });
});

it('every builder is pure: the same input gives the same figure, and the input is left alone', () => {
  const input = counts([
    [3, 1],
    [2, 2],
  ]);
  const before = input.data.slice();
  expect(text(clusterCounts({ counts: input }))).toBe(text(clusterCounts({ counts: input })));
  expect(input.data).toEqual(before);
});

describe('negationFigure', () => {
  const row = { concept: 1, mean: 0.5, low: 0.2, high: 0.9, baseline: 0.1 };
  const rows = [
    { ...row, side: 'most', verdict: 'above' },
    { ...row, side: 'least', mean: -0.3, low: -0.4, high: 0, verdict: 'not different' },
  ];

  it('draws differences from the mean over pictures, with their intervals', () => {
    const [most, least] = traces(negationFigure(rows)) as unknown as {
      x: number[];
      error_x: { array: number[]; arrayminus: number[] };
      marker: { symbol: string[] };
    }[];
    expect(most!.x[0]).toBeCloseTo(0.4, 12);
    expect(most!.error_x.array[0]).toBeCloseTo(0.4, 12);
    expect(most!.error_x.arrayminus[0]).toBeCloseTo(0.3, 12);
    expect(least!.x[0]).toBeCloseTo(-0.4, 12);
    expect([most!.marker.symbol, least!.marker.symbol]).toEqual([['circle'], ['square-open']]);
  });

  it('names concepts by their number, and says where a name lacks', () => {
    expect(text(negationFigure(rows, { names: ['faces', 'a <b>'] }))).toContain('a &lt;b&gt;');
    expect(() => negationFigure(rows, { names: ['faces'] })).toThrow('a name for concept 1');
    expect(negationFigure([]).description).toBe('No concept was measured.');
  });
});

describe('nullSizes', () => {
  const lineAt = (figure: Figure) =>
    (figure.layout['shapes'] as { x0: number }[] | undefined)?.map(({ x0 }) => x0);
  const nullSize = Array.from({ length: 39 }, (_, k) => k + 1);

  it('colours the clusters whose p-value, recounted, is at most alpha', () => {
    const sizes = [50, 39, 38, 3];
    const p = sizes.map((size) => (1 + nullSize.filter((largest) => largest >= size).length) / 40);
    const [bars] = traces(nullSizes({ sizes, nullSize })) as unknown as {
      text: string[];
      marker: { color: string[] };
    }[];
    expect(bars!.text).toEqual(p.map((value) => `p ${value.toFixed(3)}`));
    const colours = bars!.marker.color;
    expect(p.map((value) => value <= 0.05)).toEqual(colours.map((colour) => colour === colours[0]));
  });

  it('draws the line where a cluster just larger passes and one as large does not', () => {
    const [limit] = lineAt(nullSizes({ sizes: [50], nullSize }))!;
    const p = (size: number) => (1 + nullSize.filter((largest) => largest >= size).length) / 40;
    expect([p(limit! + 1) <= 0.05, p(limit!) <= 0.05]).toEqual([true, false]);
  });

  it('says that draws are too few, or that no draw made a cluster', () => {
    expect(text(nullSizes({ sizes: [50], nullSize: [3, 4] }))).toContain('2 draws are too few for p ≤ 0.05');
    const none = nullSizes({ sizes: [50], nullSize: new Float64Array(19) });
    expect(text(none)).toContain('none of 19 draws of the null made any cluster');
    expect(lineAt(none)).toBeUndefined();
    expect(() => nullSizes({ sizes: [1], nullSize: [] })).toThrow('number of draws is 0');
  });
});

import { describe, expect, it } from 'vitest';
import { drawShared, drawTrials, splitAll } from '../../src/phantom/drawTrials.js';
import { loadPictures } from '../../src/phantom/index.js';
import { multiplyPictures } from '../../src/phantom/multiplyPictures.js';
import { attendance, sizes } from '../../src/phantom/sizes.js';
import { type Matrix, matrix, rowOf } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

/** Mean of each column, and variance of each column around it. */
function moments({ data, shape: [nRows, nColumns] }: Matrix): { mean: number[]; variance: number[] } {
  const mean = new Array<number>(nColumns).fill(0);
  const variance = new Array<number>(nColumns).fill(0);
  data.forEach((value, i) => {
    mean[i % nColumns]! += value / nRows;
  });
  data.forEach((value, i) => {
    variance[i % nColumns]! += (value - mean[i % nColumns]!) ** 2 / nRows;
  });
  return { mean, variance };
}

describe('several images of each picture', () => {
  it('keep the pictures first, and give the others embeddings of the same mean and variance, near their own', async () => {
    const { stimuli } = await loadPictures();
    const n = stimuli.length;
    const pictures = matrix(n, 4);
    randomStream(3, 'test').normals(pictures.data);
    pictures.data.forEach((value, i) => {
      pictures.data[i] = [3, 0, -1, 0][i % 4]! + [1, 2, 0.5, 0.1][i % 4]! * value;
    });
    const many = multiplyPictures(stimuli, pictures, 8);
    expect(many.embeddings.shape).toEqual([8 * n, 4]);
    expect(many.embeddings.data.slice(0, 4 * n)).toEqual(pictures.data);
    expect(new Set(many.stimuli.map(({ file }) => file)).size).toBe(8 * n);
    expect(many.stimuli[3 * n + 42]).toEqual({ ...stimuli[42], file: '0042-4.svg' });
    const [one, all] = [moments(pictures), moments(many.embeddings)];
    for (let d = 0; d < 4; d++) {
      expect(Math.abs(all.mean[d]! - one.mean[d]!)).toBeLessThan(0.03 * Math.sqrt(one.variance[d]!));
      expect(all.variance[d]! / one.variance[d]!).toBeGreaterThan(0.94);
      expect(all.variance[d]! / one.variance[d]!).toBeLessThan(1.06);
    }
    // √0.8 of the picture's own distance from the mean remains: r² = 0.8.
    let [xy, xx, yy] = [0, 0, 0];
    for (let i = 0; i < n; i++) {
      const [x, y] = [pictures, many.embeddings].map((m, k) => rowOf(m, 5 * k * n + i)[1]! - one.mean[1]!);
      xy += x! * y!;
      xx += x! * x!;
      yy += y! * y!;
    }
    expect(xy ** 2 / (xx * yy)).toBeCloseTo(0.8, 1);
    const again = multiplyPictures(stimuli, pictures, 8);
    expect(Buffer.from(again.embeddings.data.buffer).equals(Buffer.from(many.embeddings.data.buffer))).toBe(
      true,
    );
  });

  it('are enough for NSD’s trials: 750 a session, 40, 32 or 30 sessions, 10,000 images up to three times', async () => {
    const recipe = sizes.paper;
    const nImages = (await loadPictures()).stimuli.length * recipe.versions;
    expect(nImages).toBeGreaterThanOrEqual(recipe.images);
    const stream = randomStream(0, 'test');
    const shared = drawShared(nImages, recipe, stream.child('shared'));
    expect(shared.length).toBe(1000);
    const all = attendance.map((share, p) =>
      drawTrials(nImages, shared, recipe, Math.round(recipe.sessions * share), stream.child(p)),
    );
    expect(all.map(({ nTrials }) => nTrials)).toEqual(
      [40, 40, 32, 30, 40, 32, 40, 30].map((sessions) => 750 * sessions),
    );
    for (const trials of splitAll(all, recipe, 0)) {
      expect(trials.session.filter((session) => session === 30).length).toBe(750);
      expect(Math.max(...trials.repetition)).toBe(2);
      const images = (split: string) =>
        new Set(trials.stimulus.filter((_, t) => trials.split[t] === split)).size;
      expect([images('test'), images('validation')]).toEqual([1000, 1000]);
      expect(new Set(trials.stimulus).size).toBeGreaterThan(9_500);
    }
    expect(new Set(all[0]!.stimulus).size).toBe(10_000);
  });
});

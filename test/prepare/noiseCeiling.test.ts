import { describe, expect, it } from 'vitest';
import { ceilingOfNcsnr, NoiseSums, noiseCeiling, repeatedImages } from '../../src/prepare/noiseCeiling.js';
import { zscoreBetas } from '../../src/prepare/zscoreBetas.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { makeTrials, randomMatrix } from './trials.js';

/** The formula of Allen et al. 2022 written out plainly, in float64. */
function plainCeiling(values: number[][]): { percent: number; ncsnr: number } {
  const variance = (xs: number[]) => {
    const mean = xs.reduce((a, b) => a + b) / xs.length;
    return xs.reduce((a, x) => a + (x - mean) ** 2, 0) / (xs.length - 1);
  };
  const noise = values.map(variance).reduce((a, b) => a + b) / values.length;
  const ncsnr = Math.sqrt(Math.max(0, 1 - noise)) / Math.sqrt(noise);
  return { ncsnr, percent: (100 * ncsnr ** 2) / (ncsnr ** 2 + 1) };
}

const nImages = 40;
const stimuli = Array.from({ length: 3 * nImages }, (_, t) => (t * 7) % nImages);

describe('noiseCeiling', () => {
  it('equals the published formula written out plainly', () => {
    const trials = makeTrials(stimuli);
    const betas = zscoreBetas(randomMatrix(120, 6), trials);
    const { percent, ncsnr } = noiseCeiling(betas, trials);
    for (let v = 0; v < 6; v++) {
      const values = Array.from({ length: nImages }, (_, image) =>
        stimuli.flatMap((s, t) => (s === image ? [betas.data[t * 6 + v]!] : [])),
      );
      const expected = plainCeiling(values);
      expect(ncsnr[v]).toBeCloseTo(expected.ncsnr, 4);
      expect(percent[v]).toBeCloseTo(expected.percent, 3);
    }
  });

  it('finds the planted share of signal variance', () => {
    const random = randomStream(3, 'planted');
    const manyStimuli = Array.from({ length: 3000 }, (_, t) => t % 1000);
    const signal = random.normals(new Float32Array(1000));
    const betas = matrix(3000, 1, random.normals(new Float32Array(3000)));
    for (let t = 0; t < 3000; t++) {
      betas.data[t] = Math.sqrt(0.3) * signal[manyStimuli[t]!]! + Math.sqrt(0.7) * betas.data[t]!;
    }
    const trials = makeTrials(manyStimuli);
    const z = zscoreBetas(betas, trials);
    const { percent, nImages } = noiseCeiling(z, trials);
    expect(nImages).toBe(1000);
    expect(Math.abs(percent[0]! - 30)).toBeLessThan(4);
    const averaged = noiseCeiling(z, trials, { averaged: 3 });
    expect(averaged.percent[0]).toBeCloseTo(
      (100 * averaged.ncsnr[0]! ** 2) / (averaged.ncsnr[0]! ** 2 + 1 / 3),
      3,
    );
  });

  it('marks a constant voxel and gives it 0, not 100', () => {
    const trials = makeTrials([0, 1, 0, 1, 0, 1]);
    const betas = zscoreBetas(matrix(6, 2, Float32Array.of(5, 1, 5, 2, 5, 4, 5, 3, 5, 0, 5, 7)), trials);
    const { percent, constant } = noiseCeiling(betas, trials);
    expect(percent[0]).toBe(0);
    expect([...constant]).toEqual([1, 0]);
  });

  it('is 100 for a voxel that repeats itself exactly', () => {
    const trials = makeTrials([0, 1, 0, 1, 0, 1]);
    const { percent } = noiseCeiling(matrix(6, 1, Float32Array.of(1, -1, 1, -1, 1, -1)), trials);
    expect(percent[0]).toBe(100);
  });

  it('looks at no trial outside the training split', () => {
    const split = stimuli.map((s) =>
      s < 10 ? ('test' as const) : s < 15 ? ('validation' as const) : ('train' as const),
    );
    const trials = makeTrials(stimuli, split);
    const betas = randomMatrix(120, 4);
    const before = noiseCeiling(betas, trials);
    split.forEach((side, t) => {
      if (side !== 'train') betas.data.subarray(t * 4, t * 4 + 4).fill(Number.NaN);
    });
    expect(noiseCeiling(betas, trials)).toEqual(before);
    expect(before.nImages).toBe(25);
  });

  it('counts only images with exactly the asked number of repetitions, and says when there is none', () => {
    const trials = makeTrials([4, 4, 9, 9, 9, 2, 2, 2, 2]);
    expect([...repeatedImages(trials).rows]).toEqual([2, 3, 4]);
    expect(repeatedImages(trials, 2).nImages).toBe(1);
    expect(() => repeatedImages(trials, 5)).toThrow(/at least 1 image with 5 training trials/);
    expect(() => repeatedImages(trials, 1)).toThrow(/repetitions is 1/);
  });

  it('comes out the same whatever the order in which sessions are added', () => {
    const trials = makeTrials(stimuli);
    const betas = randomMatrix(120, 3);
    const images = repeatedImages(trials);
    const sums = new NoiseSums(images, 3);
    for (const t of [...images.rows].reverse())
      sums.add(images.imageOf[t]!, betas.data.subarray(t * 3, t * 3 + 3));
    const { percent } = noiseCeiling(betas, trials);
    sums.finish().percent.forEach((value, v) => {
      expect(value).toBeCloseTo(percent[v]!, 4);
    });
  });

  it('refuses to finish before every repetition is in', () => {
    const images = repeatedImages(makeTrials([0, 0, 0]));
    expect(() => new NoiseSums(images, 1).finish()).toThrow(/trials added is 0; must be 3/);
  });
});

describe('ceilingOfNcsnr', () => {
  it('turns a ratio into percent, NaN into 0', () => {
    expect([...ceilingOfNcsnr([0, 1, Number.NaN, Number.POSITIVE_INFINITY])]).toEqual([0, 50, 0, 100]);
    expect(ceilingOfNcsnr([1], 3)[0]).toBe(75);
  });
});

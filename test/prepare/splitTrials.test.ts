import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRepetitions } from '../../src/prepare/countRepetitions.js';
import { splitTrials } from '../../src/prepare/splitTrials.js';

/** `full` images three times each, then `fewer` images twice. */
const design = (full: number, fewer: number) => [
  ...Array.from({ length: 3 * full }, (_, t) => 10 + (t % full)),
  ...Array.from({ length: 2 * fewer }, (_, t) => 100_000 + (t % fewer)),
];

describe('splitTrials', () => {
  it("gives NSD's counts for NSD's design: 8,420 images thrice in 27,750 trials leave 21,750 to train on", () => {
    // 27,750 trials = 3 × 8,420 + 2 × 1,190 + 1 × 110
    const stimulus = [...design(8420, 1190), ...Array.from({ length: 110 }, (_, t) => 200_000 + t)];
    expect(stimulus.length).toBe(27_750);
    const shared = Array.from({ length: 413 }, (_, s) => 10 + s * 20);
    const { counts } = splitTrials(stimulus, { shared, participant: 'subj01' });
    expect(counts.trials).toEqual({ train: 21_750, validation: 3000, test: 3000 });
    expect(counts).toMatchObject({
      repeatedImages: 8420,
      sharedTestImages: 413,
      images: { test: 1000, validation: 1000 },
    });
  });

  it('keeps all trials of an image on one side, and images of fewer repetitions in training', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 8, max: 60 }),
        fc.integer({ min: 0, max: 9 }),
        fc.nat(9),
        (full, fewer, seed) => {
          const stimulus = design(full, fewer);
          const { split, counts } = splitTrials(stimulus, { seed });
          const sides = new Map<number, string>();
          stimulus.forEach((s, t) => {
            expect(sides.get(s) ?? split[t]).toBe(split[t]);
            sides.set(s, split[t]!);
            if (s >= 100_000) expect(split[t]).toBe('train');
          });
          expect(counts.images.test).toBe(Math.floor(full / 4));
          expect(counts.trials.validation).toBe(3 * Math.floor(full / 4));
          expect(counts.trials.train + counts.trials.validation + counts.trials.test).toBe(stimulus.length);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('tests on shared images first, the same ones for every participant when there are more than asked for', () => {
    const stimulus = design(40, 0);
    const shared = [11, 14, 20, 30, 47];
    const tested = (participant: string, testImages: number) => {
      const { split } = splitTrials(stimulus, { shared, participant, testImages });
      return [...new Set(stimulus.filter((_, t) => split[t] === 'test'))].sort((a, b) => a - b);
    };
    expect(tested('sub-01', 5)).toEqual(shared);
    expect(tested('sub-01', 3)).toEqual(tested('sub-02', 3));
    expect(tested('sub-01', 10)).toEqual(expect.arrayContaining(shared));
    expect(tested('sub-01', 10)).not.toEqual(tested('sub-02', 10));
  });

  it('takes no shared image that lacks the repetitions', () => {
    const stimulus = design(8, 3);
    const { counts, split } = splitTrials(stimulus, { shared: [100_000, 10], testImages: 2 });
    expect(counts.sharedTestImages).toBe(1);
    expect(split[stimulus.indexOf(100_000)]).toBe('train');
  });

  it('is the same for the same seed, another for another, and does not depend on the order of trials', () => {
    const stimulus = design(40, 4);
    const sideOf = (order: number[], seed: number) => {
      const { split } = splitTrials(order, { seed });
      return new Map(order.map((s, t) => [s, split[t]] as const).sort(([a], [b]) => a - b));
    };
    expect(sideOf(stimulus, 5)).toEqual(sideOf([...stimulus].reverse(), 5));
    expect(sideOf(stimulus, 5)).not.toEqual(sideOf(stimulus, 6));
  });

  it('refuses more images than there are', () => {
    expect(() => splitTrials(design(8, 0), { testImages: 5, validationImages: 4 })).toThrow(
      /is 9; must be at most 8/,
    );
    expect(() => splitTrials(design(8, 0), { testImages: 0.5 })).toThrow(/testImages is 0.5/);
  });

  it('gives no test set where nothing is repeated', () => {
    const { counts } = splitTrials([1, 2, 3, 4]);
    expect(counts.trials).toEqual({ train: 4, validation: 0, test: 0 });
  });
});

it('countRepetitions numbers the showings of each stimulus from 0', () => {
  expect([...countRepetitions([7, 3, 7, 7, 3])]).toEqual([0, 0, 1, 2, 1]);
  expect(countRepetitions([]).length).toBe(0);
});

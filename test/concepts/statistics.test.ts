import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve, captionWords, negationTest, testFeatures } from '../../src/concepts/index.js';
import { randomStream } from '../../src/util/index.js';

const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/concept-statistics.json'), 'utf8'),
);

describe('areaUnderCurve', () => {
  it('equals scikit-learn, ties counted half', () => {
    for (const { scores, positive, auc } of golden.auc) {
      expect(areaUnderCurve(scores, positive).auc).toBeCloseTo(auc, 12);
    }
  });

  it('has an interval that holds the truth in 95 % of samples, also near 1, and never collapses', () => {
    const separated = areaUnderCurve([1, 2, 3, 4, 5, 6], [0, 0, 0, 1, 1, 1]);
    expect(separated).toMatchObject({ auc: 1, high: 1 });
    expect(separated.low).toBeLessThan(0.75);
    // Two normals whose means differ by d: AUC = Φ(d / √2); 0.76025 for d = 1, 0.98305 for d = 3.
    for (const [d, truth] of [
      [1, 0.76025],
      [3, 0.98305],
    ] as const) {
      const random = randomStream(2, 'auc', d);
      let covered = 0;
      for (let sample = 0; sample < 400; sample++) {
        const positive = Array.from({ length: 60 }, (_, i) => (i < 20 ? 1 : 0));
        const { low, high } = areaUnderCurve(
          positive.map((own) => random.normal() + d * own),
          positive,
        );
        if (low <= truth && truth <= high) covered++;
      }
      expect(covered / 400).toBeGreaterThan(0.92);
      expect(covered / 400).toBeLessThan(0.99);
    }
  });

  it('names one class only, unequal lengths and scores that are not finite', () => {
    expect(() => areaUnderCurve([1, 2], [1, 1])).toThrow('number of members is 2; must be from 1 to 1');
    expect(() => areaUnderCurve([1], [1, 0])).toThrow('number of scores is 1; must be 2');
    expect(() => areaUnderCurve([1, Number.NaN], [1, 0])).toThrow('score 1 is NaN');
  });
});

describe('testFeatures', () => {
  it('gives the rank and partial rank correlations of scipy', async () => {
    const { features, score, r, partial } = golden.partial;
    const columns = Object.fromEntries(features.map((column: number[], f: number) => [`f${f}`, column]));
    const { tests, nStimuli } = await testFeatures({ score }, columns, { nPermutations: 200 });
    expect(nStimuli).toBe(80);
    for (const [f, test] of tests.entries()) {
      expect(test.feature).toBe(`f${f}`);
      expect(test.r).toBeCloseTo(r[f], 10);
      expect(test.partial).toBeCloseTo(partial[f], 10);
    }
    expect(tests[0]!.pPicturesCorrected).toBeLessThan(0.05);
    expect(tests[1]!.pPicturesCorrected).toBeGreaterThan(0.05);
  });

  it('rejects at most its level where nothing goes with anything', async () => {
    let [single, any] = [0, 0];
    for (let study = 0; study < 100; study++) {
      const random = randomStream(study, 'null features');
      const column = () => random.normals(new Float64Array(50));
      const shared = column();
      const features = { a: column(), b: column(), c: column().map((value, i) => value + shared[i]!) };
      const scores = { first: column(), second: column() };
      const { tests } = await testFeatures(scores, features, { nPermutations: 99, seed: study });
      for (const { pPictures } of tests) if (pPictures <= 0.05) single++;
      for (const name of ['first', 'second']) {
        if (tests.some(({ target, pPicturesCorrected }) => target === name && pPicturesCorrected <= 0.05))
          any++;
      }
    }
    expect(single / 600).toBeLessThan(0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / 600));
    expect(single / 600).toBeGreaterThan(0.02);
    expect(any / 200).toBeLessThan(0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / 200));
  });

  it('is NaN for what does not vary or the others determine, and leaves out pictures with an unknown feature', async () => {
    const random = randomStream(3, 'edges');
    const a = random.normals(new Float64Array(30));
    const b = random.normals(new Float64Array(30));
    const score = random.normals(new Float64Array(30));
    const missing = Array.from(a, (value, i) => (i === 4 ? Number.NaN : i === 7 ? null : value));
    const found = await testFeatures(
      { score },
      { missing, b, constant: new Float64Array(30) },
      { nPermutations: 19 },
    );
    expect(found.nStimuli).toBe(28);
    expect(found.tests.map(({ partial }) => Number.isNaN(partial))).toEqual([false, false, true]);
    const twice = await testFeatures(
      { score },
      { a, again: a.map((value) => 3 * value), b },
      { nPermutations: 19 },
    );
    expect(twice.tests.map(({ pPictures }) => Number.isNaN(pPictures))).toEqual([true, true, false]);
    await expect(testFeatures({ score }, { a: a.slice(1) })).rejects.toThrow('length of a is 29; must be 30');
  });
});

describe('captionWords', () => {
  const captions = [
    ['A red dog runs.', 'The dog'],
    ['a dog; red!'],
    ['a dog in snow'],
    ...Array.from({ length: 17 }, (_, i) => [i < 3 ? 'a dog' : "a cat's tail", 'a tree']),
  ];

  it('gives the log-odds of pictures with a word, drawn towards 0 by the prior, with its interval', async () => {
    const table = await captionWords(captions, [0, 1, 2], undefined, { priorImages: 10, minImages: 1 });
    const rows = table.objects() as {
      word: string;
      chosen: number;
      others: number;
      logOdds: number;
      low: number;
      z: number;
    }[];
    const dog = rows.find(({ word }) => word === 'dog')!;
    expect([dog.chosen, dog.others]).toEqual([3, 3]);
    const [alpha, beta] = [10 * 0.3, 10 * 0.7];
    const parts = [3 + alpha, 0 + beta, 3 + alpha, 14 + beta];
    const logOdds = Math.log((parts[0]! * parts[3]!) / (parts[1]! * parts[2]!));
    expect(dog.logOdds).toBeCloseTo(logOdds, 12);
    const sd = Math.sqrt(parts.reduce((sum, part) => sum + 1 / part, 0));
    expect(dog.low).toBeCloseTo(logOdds - 1.96 * sd, 4);
    expect(rows.map(({ word }) => word)).toContain("cat's");
    expect(rows.map(({ word }) => word)).not.toContain('a');
    expect(rows.at(-1)!.word).toBe('tree');
  });

  it('counts pictures, not mentions, and leaves rare words out', async () => {
    const table = await captionWords(captions, [0, 1, 2], undefined, { minImages: 3 });
    expect(table.array('word')).not.toContain('snow');
    expect(table.array('word')).not.toContain('red');
  });

  it('refuses a choice of nothing, of everything, or from outside the pool', async () => {
    await expect(captionWords(captions, [])).rejects.toThrow('number of chosen pictures is 0');
    await expect(captionWords(captions, [1, 2], [1, 2])).rejects.toThrow('number of chosen pictures is 2');
    await expect(captionWords(captions, [9], [1, 2])).rejects.toThrow('row of a picture is 9');
  });
});

describe('negationTest', () => {
  const random = randomStream(9, 'negation test');
  const scores = random.normals(new Float64Array(400));
  const noise = random.normals(new Float64Array(400));

  it('tells suppression below the mean from being merely far', () => {
    const linear = negationTest(
      scores,
      scores.map((s, i) => 0.5 * s + 0.5 * noise[i]!),
    );
    expect([linear.most.verdict, linear.least.verdict]).toEqual(['above', 'below']);
    expect(linear.spearman).toBeGreaterThan(0.5);
    expect(linear.least.low).toBeLessThan(linear.least.mean);
    expect(linear.least.high).toBeLessThan(linear.baseline);
    // Driven by the concept's own pictures only: those at the other end are at the baseline of all without it.
    const rectified = negationTest(
      scores,
      scores.map((s, i) => 3 * Math.max(0, s - 1.2) + 0.5 * noise[i]!),
    );
    expect(rectified.most.verdict).toBe('above');
    expect(rectified.least.verdict).toBe('not different');
  });

  it('rejects at most its level where responses have nothing to do with scores', () => {
    let below = 0;
    for (let study = 0; study < 200; study++) {
      const own = randomStream(study, 'null responses').normals(new Float64Array(60));
      const { least } = negationTest(scores.slice(0, 60), own, { top: 10, nPermutations: 99, seed: study });
      if (least.p <= 0.05) below++;
    }
    expect(below / 200).toBeLessThan(0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / 200));
    expect(below / 200).toBeGreaterThan(0.01);
  });

  it('names what does not fit', () => {
    expect(() => negationTest([1, 2, 3], [1, 2, 3])).toThrow('at least 4');
    expect(() => negationTest(scores, noise.slice(1))).toThrow('number of responses is 399; must be 400');
    expect(() => negationTest(scores, noise.with(3, Number.NaN))).toThrow('response 3 is NaN');
    expect(() => negationTest(scores, noise, { top: 201 })).toThrow('top is 201');
  });
});

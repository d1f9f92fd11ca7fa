import { describe, expect, it } from 'vitest';
import { retrievalAccuracy } from '../../src/decode/index.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { hashed } from '../engine/goldenProblem.js';
import { goldenDecode } from './goldenData.js';

const golden = goldenDecode.retrieval;
const embeddings = matrix(golden.nStimuli, golden.nDims, hashed(golden.nStimuli * golden.nDims, 21));
const stimulus = Int32Array.from({ length: golden.nQueries }, (_, i) => (i * 3) % golden.nStimuli);
const noise = hashed(golden.nQueries * golden.nDims, 22);
const predictions = matrix(
  golden.nQueries,
  golden.nDims,
  noise.map((value, i) => {
    const [query, d] = [Math.floor(i / golden.nDims), i % golden.nDims];
    return embeddings.data[stimulus[query]! * golden.nDims + d]! + 1.5 * value;
  }),
);

const random = (nRows: number, nColumns: number, name: string) =>
  matrix(nRows, nColumns, randomStream(0, name).normals(new Float32Array(nRows * nColumns)));

describe('retrievalAccuracy', () => {
  it('has the ranks, accuracies, median rank and two-versus-two of a direct computation', async () => {
    const result = await retrievalAccuracy({ predictions, stimulus, embeddings });
    expect([...result.ranks]).toEqual(golden.ranks);
    for (const { k, accuracy, chance } of result.topK) {
      expect(accuracy).toBeCloseTo(golden.accuracy[k]!, 12);
      expect(chance).toBe(k / golden.nStimuli);
    }
    expect(result.topK.map(({ k }) => k)).toEqual([1, 5, 10]);
    expect(result.medianRank).toBe(golden.median);
    expect(result.twoVersusTwo).toBeCloseTo(golden.twoVersusTwo, 12);
  });

  it('searches the unique images of the queries unless told where', async () => {
    const some = {
      predictions: matrix(2, golden.nDims, predictions.data.slice(0, 2 * golden.nDims)),
      stimulus: [0, 3],
    };
    expect((await retrievalAccuracy({ ...some, embeddings })).nCandidates).toBe(2);
    expect((await retrievalAccuracy({ ...some, embeddings, candidates: [0, 1, 2, 3] })).nCandidates).toBe(4);
  });

  it('is 1 with p at its smallest for perfect predictions, whatever their lengths', async () => {
    const perfect = matrix(60, 8, Float32Array.from(predictions.data));
    for (let i = 0; i < 60; i++) {
      for (let d = 0; d < 8; d++) perfect.data[i * 8 + d] = embeddings.data[stimulus[i]! * 8 + d]! * (i + 1);
    }
    const result = await retrievalAccuracy({ predictions: perfect, stimulus, embeddings });
    expect(result.topK[0]).toMatchObject({ accuracy: 1, interval: [1, 1], pValue: 1 / 1001 });
    expect(result.twoVersusTwo).toBe(1);
    expect(result.medianRank).toBe(1);
  });

  it('scores constant predictions and predictions of zero as failures, not as chance by luck', async () => {
    const zero = await retrievalAccuracy({ predictions: matrix(60, 8), stimulus, embeddings });
    expect(zero.topK[0]!.accuracy).toBe(0);
    expect(zero.medianRank).toBe(25);
    expect(zero.topK[0]!.pValue).toBe(1);
    expect(zero.twoVersusTwo).toBe(0);
  });

  it('is near chance with uniform p-values for random predictions', async () => {
    const images = Int32Array.from({ length: 300 }, (_, i) => i % 100);
    const pool = random(100, 16, 'pool');
    const small: number[] = [];
    for (let trial = 0; trial < 20; trial++) {
      const guess = random(300, 16, `guess ${trial}`);
      const options = { k: [10], bootstrap: 0, permutations: 199 };
      const { topK } = await retrievalAccuracy(
        { predictions: guess, stimulus: images, embeddings: pool },
        options,
      );
      expect(Math.abs(topK[0]!.accuracy - 0.1)).toBeLessThan(0.08);
      expect(topK[0]!.interval[0]).toBeNaN();
      small.push(topK[0]!.pValue);
    }
    const mean = small.reduce((sum, p) => sum + p, 0) / small.length;
    expect(mean).toBeGreaterThan(0.3);
    expect(mean).toBeLessThan(0.7);
  });

  it('has intervals that hold the accuracy and are wider for fewer images', async () => {
    const few = await retrievalAccuracy({ predictions, stimulus, embeddings });
    const [low, high] = few.topK[1]!.interval;
    expect(low).toBeLessThan(few.topK[1]!.accuracy);
    expect(high).toBeGreaterThan(few.topK[1]!.accuracy);
    expect(await retrievalAccuracy({ predictions, stimulus, embeddings })).toEqual(few);
    const many = matrix(
      600,
      8,
      Float32Array.from({ length: 4800 }, (_, i) => predictions.data[i % 480]!),
    );
    const pool = matrix(
      250,
      8,
      Float32Array.from({ length: 2000 }, (_, i) => embeddings.data[i % 200]! + i * 1e-6),
    );
    const images = Int32Array.from({ length: 600 }, (_, i) => stimulus[i % 60]! + 25 * Math.floor(i / 60));
    const wide = await retrievalAccuracy(
      { predictions: many, stimulus: images, embeddings: pool },
      { k: [50] },
    );
    expect(wide.topK[0]!.interval[1] - wide.topK[0]!.interval[0]).toBeLessThan(high - low);
  });

  it('refuses sizes and values that do not fit', async () => {
    const query = { predictions, stimulus, embeddings };
    await expect(retrievalAccuracy({ ...query, stimulus: [1] })).rejects.toThrow(/number of stimuli is 1/);
    await expect(retrievalAccuracy(query, { k: [25] })).rejects.toThrow(/k is 25; must be .* \[1, 25\)/);
    await expect(retrievalAccuracy({ ...query, candidates: [0, 1] })).rejects.toThrow(/among the candidates/);
    const broken = matrix(60, 8, predictions.data.slice().fill(Number.NaN, 0, 1));
    await expect(retrievalAccuracy({ ...query, predictions: broken })).rejects.toThrow(/predictions\[0\]/);
    const outside = stimulus.map((image) => image + 10);
    await expect(retrievalAccuracy({ ...query, stimulus: outside })).rejects.toThrow(
      /stimulus is 25; .*\[0, 25\)/,
    );
  });
});

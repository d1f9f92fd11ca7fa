import { describe, expect, it } from 'vitest';
import {
  conceptVectors,
  dissociateConcepts,
  noiseDirections,
  testFeatures,
} from '../../src/concepts/index.js';
import { voxelVectors } from '../../src/decode/index.js';
import { cosineSimilarities } from '../../src/embed/index.js';
import { type Matrix, matrix, type RandomStream, randomStream, rowOf } from '../../src/util/index.js';

const [nPictures, nDims] = [150, 30];
const featureNames = ['a', 'b', 'c', 'd', 'e', 'f'] as const;

/** Largest share that a level of 5 % gives in n families (0.5 % of the time it would be more). */
const limit = (n: number) => 0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / n);

/** Embeddings with a decaying spectrum (about 10 effective dimensions) and a common mean; features that the embedding carries in part. */
function makeSpace(random: RandomStream) {
  const embeddings = matrix(nPictures, nDims);
  for (let i = 0; i < nPictures; i++) {
    for (let d = 0; d < nDims; d++) {
      embeddings.data[i * nDims + d] = (d === 0 ? 4 : 0) + (3 * random.normal()) / Math.sqrt(1 + d);
    }
  }
  const axes = featureNames.map(() => random.normals(new Float64Array(nDims)));
  const features = Object.fromEntries(
    featureNames.map((name, f) => [
      name,
      Float64Array.from({ length: nPictures }, (_, i) => along(embeddings, i, axes[f]!) + random.normal()),
    ]),
  );
  return { embeddings, features, axes };
}

const along = (embeddings: Matrix, i: number, axis: ArrayLike<number>) =>
  rowOf(embeddings, i).reduce((sum, value, d) => sum + value * axis[d]!, 0);

/** Concept vectors of random sets of two participants' voxels; signal: share of variance along an axis. */
async function conceptOf(
  random: RandomStream,
  { embeddings }: ReturnType<typeof makeSpace>,
  planted?: { axis: Float64Array; signal: number },
) {
  const nVoxels = 30;
  const target = Float64Array.from({ length: nPictures }, (_, i) =>
    planted ? along(embeddings, i, planted.axis) : 0,
  );
  const mean = target.reduce((a, b) => a + b, 0) / nPictures;
  const sd = Math.sqrt(target.reduce((sum, value) => sum + (value - mean) ** 2, 0) / nPictures) || 1;
  const participants = await Promise.all(
    [0, 1].map(() => {
      const betas = matrix(nPictures, nVoxels);
      for (let i = 0; i < nPictures; i++) {
        // Noise that all voxels of a participant share makes their vectors alike without any signal.
        const shared = random.normal();
        const signal = (Math.sqrt(planted?.signal ?? 0) * (target[i]! - mean)) / sd;
        for (let v = 0; v < nVoxels; v++) {
          betas.data[i * nVoxels + v] = signal + Math.sqrt(0.1) * shared + Math.sqrt(0.9) * random.normal();
        }
      }
      const stimulus = Int32Array.from({ length: nPictures }, (_, i) => i);
      return voxelVectors('tuning', { betas, stimulus, embeddings });
    }),
  );
  const labels = participants.map(() => {
    const chosen = new Set(random.permutation(nVoxels).slice(0, 10));
    return Int32Array.from({ length: nVoxels }, (_, v) => (chosen.has(v) ? 0 : -1));
  });
  return rowOf(conceptVectors(participants, labels).pooled, 0);
}

describe('the features of concepts without meaning', () => {
  it('are found in 5 % of random directions, however few these are compared with', async () => {
    const space = makeSpace(randomStream(1, 'space'));
    for (const [nDirections, nStudies] of [
      [19, 400],
      [99, 200],
    ] as const) {
      let [single, families, pictures] = [0, 0, 0];
      for (let study = 0; study < nStudies; study++) {
        const directions = await noiseDirections(space.embeddings, {
          nDirections: nDirections + 1,
          seed: 1000 * nDirections + study,
        });
        const { data, shape } = await cosineSimilarities(directions, space.embeddings);
        const { tests } = await testFeatures({ score: data.subarray(0, nPictures) }, space.features, {
          ...{ nPermutations: 19, seed: study },
          randomScores: matrix(nDirections, nPictures, data.subarray(nPictures, shape[0] * nPictures)),
        });
        single += tests.filter(({ p }) => p <= 0.05).length;
        if (tests.some(({ pCorrected }) => pCorrected <= 0.05)) families++;
        if (tests.some(({ pPicturesCorrected }) => pPicturesCorrected <= 0.05)) pictures++;
      }
      expect(single / nStudies / featureNames.length).toBeLessThan(limit(nStudies));
      expect(families / nStudies).toBeLessThan(limit(nStudies));
      expect(families / nStudies).toBeGreaterThan(0.02);
      // Against permuted pictures nearly every direction of the space is "about" something.
      expect(pictures / nStudies).toBeGreaterThan(0.8);
    }
  });

  it('are found in at most 5 % of random voxel sets whose noise is shared, each alone and their difference', async () => {
    const nStudies = 160;
    const found = { first: 0, second: 0, difference: 0 };
    for (let study = 0; study < nStudies; study++) {
      const random = randomStream(study, 'noise voxels');
      const space = makeSpace(random);
      const pair = [await conceptOf(random, space), await conceptOf(random, space)] as const;
      const { features } = await dissociateConcepts(...pair, space.embeddings, {
        ...{ features: space.features, nPermutations: 1, nDirections: 99, seed: study },
      });
      const rows = features!.objects() as { target: keyof typeof found; pCorrected: number }[];
      for (const target of ['first', 'second', 'difference'] as const) {
        if (rows.some((row) => row.target === target && row.pCorrected <= 0.05)) found[target]++;
      }
    }
    for (const count of Object.values(found)) expect(count / nStudies).toBeLessThan(limit(nStudies));
    expect((found.first + found.second) / (2 * nStudies)).toBeGreaterThan(0.02);
  });

  it('do not hide the feature of voxels that have one', async () => {
    const nStudies = 20;
    let [found, others] = [0, 0];
    for (let study = 0; study < nStudies; study++) {
      const random = randomStream(study, 'tuned voxels');
      const space = makeSpace(random);
      // Tuned to what of the picture's third axis feature "a" alone carries.
      space.axes[0]!.fill(0)[2] = 1;
      space.features['a'] = Float64Array.from(
        { length: nPictures },
        (_, i) => along(space.embeddings, i, space.axes[0]!) + 0.3 * random.normal(),
      );
      const pair = [
        await conceptOf(random, space, { axis: space.axes[0]!, signal: 0.4 }),
        await conceptOf(random, space),
      ] as const;
      const { features } = await dissociateConcepts(...pair, space.embeddings, {
        ...{ features: space.features, nPermutations: 1, nDirections: 199, seed: study },
      });
      const rows = features!.objects() as { target: string; feature: string; pCorrected: number }[];
      const hits = rows.filter((row) => row.target === 'first' && row.pCorrected <= 0.05);
      if (hits.some(({ feature }) => feature === 'a')) found++;
      others += hits.filter(({ feature }) => feature !== 'a').length;
    }
    expect(found / nStudies).toBeGreaterThan(0.8);
    expect(others).toBeLessThanOrEqual(3);
  });

  it('can be judged by directions of your own', async () => {
    const random = randomStream(5, 'own');
    const space = makeSpace(random);
    const pair = [await conceptOf(random, space), await conceptOf(random, space)] as const;
    const options = { features: space.features, nPermutations: 1, nDirections: 49, seed: 3 };
    const drawn = await dissociateConcepts(...pair, space.embeddings, options);
    const nullDirections = await noiseDirections(space.embeddings, options);
    const given = await dissociateConcepts(...pair, space.embeddings, {
      ...options,
      nullDirections,
      seed: 3,
    });
    expect(given.features!.array('pCorrected')).toEqual(drawn.features!.array('pCorrected'));
    const same = await noiseDirections(space.embeddings, options);
    expect(same.data).toEqual(nullDirections.data);
    const columns = { score: new Float64Array(nPictures).map((_, i) => i) };
    await expect(
      testFeatures(columns, space.features, { randomScores: matrix(3, nPictures - 1) }),
    ).rejects.toThrow('columns of randomScores is 149; must be 150');
    const { tests } = await testFeatures(columns, space.features, { nPermutations: 1 });
    expect(tests.every(({ p, pCorrected }) => Number.isNaN(p) && Number.isNaN(pCorrected))).toBe(true);
  });
});

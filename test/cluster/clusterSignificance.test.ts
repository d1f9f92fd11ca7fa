import { describe, expect, it } from 'vitest';
import {
  clusterConcepts,
  clusterSignificance,
  conceptHierarchy,
  nullTuning,
  permuteStimuli,
} from '../../src/cluster/index.js';
import type { TrainingData } from '../../src/decode/types.js';
import { voxelVectors } from '../../src/decode/voxelVectors.js';
import { type Matrix, matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

const [nStimuli, nDims, nTrials, nVoxels] = [40, 16, 120, 24];

/**
 * A tiny study: embeddings of unequal variances; voxels answer to each stimulus reliably in ways of their own and, the
 * first 12 of every participant if planted, to two directions of the embedding.
 */
function tinyStudy(seed: number, planted: boolean, nParticipants = 4): TrainingData[] {
  const stream = randomStream(seed, 'tiny study');
  const embeddings = matrix(nStimuli, nDims);
  for (let at = 0; at < embeddings.data.length; at++)
    embeddings.data[at] = stream.normal() / Math.sqrt(1 + (at % nDims));
  return Array.from({ length: nParticipants }, () => {
    const stimulus = Int32Array.from({ length: nTrials }, (_, t) => t % nStimuli);
    const own = stream.normals(new Float32Array(nStimuli * nVoxels));
    const betas = matrix(nTrials, nVoxels);
    for (let t = 0; t < nTrials; t++) {
      for (let v = 0; v < nVoxels; v++) {
        const s = stimulus[t]!;
        const signal = planted && v < 12 ? 2 * embeddings.data[s * nDims + (v % 2)]! : 0;
        betas.data[t * nVoxels + v] = signal + 0.5 * own[s * nVoxels + v]! + stream.normal();
      }
    }
    return { betas, stimulus, embeddings };
  });
}

const tuning = (study: readonly TrainingData[]): Promise<Matrix[]> =>
  Promise.all(study.map((data) => voxelVectors('tuning', data, undefined, { engine: 'wasm' })));

describe('permuteStimuli', () => {
  it('exchanges names and keeps repetitions, by participant and draw, on the given rows only', () => {
    const stimulus = [3, 5, 3, 9, 5, 7];
    const permuted = permuteStimuli(stimulus, 1, 0, 0, [0, 1, 2, 3, 4]);
    expect(permuted[5]).toBe(7);
    expect(permuted[0]).toBe(permuted[2]);
    expect(permuted[1]).toBe(permuted[4]);
    expect([...new Set(permuted.slice(0, 5))].sort()).toEqual([3, 5, 9]);
    expect(permuteStimuli(stimulus, 1, 0, 0, [0, 1, 2, 3, 4])).toEqual(permuted);
    const many = Int32Array.from({ length: 50 }, (_, t) => t);
    expect(permuteStimuli(many, 1, 0, 0)).not.toEqual(permuteStimuli(many, 1, 1, 0));
    expect(permuteStimuli(many, 1, 0, 0)).not.toEqual(permuteStimuli(many, 1, 0, 1));
  });
});

describe('nullTuning', () => {
  it('gives the covariances with permuted stimuli, of unequal repetitions and the given rows only', async () => {
    const study = tinyStudy(3, true).map((data, p) => ({
      ...data,
      rows: Array.from({ length: nTrials }, (_, t) => t).filter((t) => (t * 7) % (p + 3) > 0),
    }));
    const draw = nullTuning(study, { seed: 5, engine: 'wasm' });
    const [first, second] = [await draw(0), await draw(1)];
    expect(await draw(0)).toEqual(first);
    for (const [p, data] of study.entries()) {
      const stimulus = permuteStimuli(data.stimulus, 5, p, 0, data.rows);
      const expected = await voxelVectors('tuning', { ...data, stimulus }, undefined, { engine: 'wasm' });
      expect(first[p]!.shape).toEqual(expected.shape);
      const off = expected.data.map((value, at) => Math.abs(value - first[p]!.data[at]!));
      expect(Math.max(...off)).toBeLessThan(1e-5);
      expect(second[p]).not.toEqual(first[p]);
    }
    const betas = study[1]!.betas as Matrix;
    const holed = { ...betas, data: betas.data.slice() };
    holed.data[3 * nVoxels + 2] = Number.NaN;
    const broken = [study[0]!, { ...study[1]!, betas: holed }];
    await expect(nullTuning(broken, { engine: 'wasm' })(0)).rejects.toThrow(
      'betas[3, 2] is NaN; must be finite',
    );
  });
});

describe('clusterSignificance', () => {
  it('finds every planted concept significant, by size and by persistence', async () => {
    const study = tinyStudy(1, true);
    const vectors = await tuning(study);
    const hierarchy = await conceptHierarchy(vectors, { minSize: 8 });
    expect(hierarchy.nClusters).toBe(2);
    const p = await clusterSignificance(hierarchy, nullTuning(study, { engine: 'wasm' }), { nDraws: 39 });
    expect(p.nullSize.length).toBe(39);
    expect(p.nullPersistence!.some((most) => most > 0)).toBe(true);
    for (const value of [...p.size, ...p.persistence!]) expect(value).toBeLessThan(0.05);
    // At the eps that the hierarchy chose for each, both are significant by size alone.
    const clusters = await clusterConcepts(vectors, { eps: Math.min(...hierarchy.eps) + 1e-6 });
    const bySize = await clusterSignificance(clusters, nullTuning(study, { engine: 'wasm' }), { nDraws: 39 });
    expect(bySize.persistence).toBeUndefined();
    expect([...bySize.size].slice(0, 2).every((value) => value < 0.05)).toBe(true);
  });

  it('counts draws at least as large, and the data among them', async () => {
    const study = tinyStudy(1, true);
    const vectors = await tuning(study);
    const clusters = await clusterConcepts(vectors, { eps: 0.25 });
    const same = await clusterSignificance(clusters, async () => vectors, { nDraws: 4 });
    const largest = Math.max(...same.nullSize);
    expect(same.size[0]).toBe(1);
    expect(largest).toBe(
      [...clusters.labels.flatMap((own) => [...own])].filter((label) => label === 0).length,
    );
    const none = await clusterSignificance(clusters, async () => vectors.map((m) => matrix(0, m.shape[1])), {
      nDraws: 4,
    });
    expect([...new Set(none.size)]).toEqual([0.2]);
    await expect(clusterSignificance(clusters, async () => vectors, { nDraws: 0 })).rejects.toThrow(
      'nDraws is 0',
    );
  });

  it('gives a significant cluster in at most 10 of 100 studies of nothing shared', {
    timeout: 300_000,
  }, async () => {
    let [bySize, byPersistence, found] = [0, 0, 0];
    for (let seed = 0; seed < 100; seed++) {
      const study = tinyStudy(1000 + seed, false);
      const hierarchy = await conceptHierarchy(await tuning(study), { minSize: 5, minPersistence: 0 });
      if (hierarchy.nClusters > 0) found++;
      const p = await clusterSignificance(hierarchy, nullTuning(study, { seed, engine: 'wasm' }), {
        nDraws: 19,
      });
      if (p.size.some((value) => value <= 0.05)) bySize++;
      if (p.persistence!.some((value) => value <= 0.05)) byPersistence++;
    }
    expect(found).toBeGreaterThan(20);
    expect(bySize).toBeLessThanOrEqual(10);
    expect(byPersistence).toBeLessThanOrEqual(10);
  });
});

import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ConceptHierarchy,
  clusterSignificance,
  conceptHierarchy,
  nullTuning,
  permuteStimuli,
} from '../../src/cluster/index.js';
import { fitDecoder, fitReruns } from '../../src/decode/index.js';
import type { TrainingData } from '../../src/decode/types.js';
import { voxelVectors } from '../../src/decode/voxelVectors.js';
import { makePhantom, type Phantom, scoreRecovery } from '../../src/phantom/index.js';
import { noiseCeiling, selectVoxels, takeColumns, zscoreBetas } from '../../src/prepare/index.js';
import { type Matrix, matrix } from '../../src/util/array.js';

/** Short, in large batches, from near 0: before decoders learn what is their participant's alone (docs/phantom.md). */
const training = { steps: 40, batchSize: 256, learningRate: 1e-3, initScale: 0.02 };

let phantom: Phantom;
/** The reliable voxels of each participant, z-scored, with the training trials; and what was planted in each voxel. */
const data: (TrainingData & { betas: Matrix })[] = [];
const planted: Int32Array[] = [];

beforeAll(async () => {
  phantom = await makePhantom({ size: 'tiny', seed: 0 });
  for (const [p, { betas, trials }] of phantom.participants.entries()) {
    const [nTrials, nVoxels] = betas.shape;
    const scaled = zscoreBetas(matrix(nTrials, nVoxels, await betas.readRows(0, nTrials)), trials);
    const chosen = selectVoxels(noiseCeiling(scaled, trials).percent);
    const rows = trials.split.flatMap((split, t) => (split === 'train' ? [t] : []));
    const { embeddings } = phantom;
    data.push({ betas: takeColumns(scaled, chosen), stimulus: trials.stimulus, embeddings, rows });
    planted.push(Int32Array.from(chosen, (v) => phantom.truth.labels[p]![v]!));
  }
}, 300_000);

describe('the hierarchy’s own selection on the phantom, no eps given', () => {
  /** One pure cluster for each shared concept, nothing else, and at least this share of each concept's voxels. */
  function expectPlanted(hierarchy: ConceptHierarchy, recall: number, found: number) {
    const score = scoreRecovery(phantom.truth, hierarchy, { planted });
    const shared = score.planted.filter((concept) => concept.shared);
    expect(shared.length).toBe(12);
    expect(hierarchy.nClusters).toBe(12);
    expect([score.falseClusters, score.splitClusters]).toEqual([0, 0]);
    expect(score.planted.filter((concept) => !concept.shared && concept.found)).toEqual([]);
    for (const concept of shared) {
      expect(concept.precision, concept.name).toBeGreaterThanOrEqual(0.95);
      expect(concept.recall, concept.name).toBeGreaterThanOrEqual(recall);
    }
    expect(shared.filter((concept) => concept.found).length).toBeGreaterThanOrEqual(found);
  }

  it('finds the planted concepts in tuning vectors', async () => {
    const vectors = [];
    for (const own of data) vectors.push(await voxelVectors('tuning', own));
    expectPlanted(await conceptHierarchy(vectors), 0.85, 12);
  }, 300_000);

  it('finds them in patterns and in weights of several reruns', async () => {
    const patterns = [];
    const weights = [];
    for (const own of data) {
      const mean = await fitReruns(own, { ...training, runs: 4 });
      patterns.push(await voxelVectors('patterns', own, mean));
      weights.push(mean.weight);
    }
    expectPlanted(await conceptHierarchy(patterns), 0.85, 12);
    expectPlanted(await conceptHierarchy(weights), 0.7, 6);
  }, 600_000);
});

describe('significance on the phantom, by permuted stimuli', () => {
  const nDraws = 20;
  /** Five participants and a quarter of their voxels. */
  const few = () =>
    data.slice(0, 5).map((own) => {
      const columns = Array.from({ length: Math.ceil(own.betas.shape[1] / 4) }, (_, k) => 4 * k);
      return { ...own, betas: takeColumns(own.betas, columns) };
    });

  function expectSignificant(
    hierarchy: ConceptHierarchy,
    p: { size: Float64Array; persistence?: Float64Array },
  ) {
    const own = planted.slice(0, 5).map((labels) => labels.filter((_, v) => v % 4 === 0));
    const { planted: concepts, falseClusters } = scoreRecovery(phantom.truth, hierarchy, { planted: own });
    const { truth } = phantom;
    const shared = concepts.filter(
      (_, c) => truth.concepts[c]!.shared && truth.concepts[c]!.participants.filter((q) => q < 5).length > 3,
    );
    expect(shared.length).toBeGreaterThanOrEqual(10);
    expect(falseClusters).toBe(0);
    for (const { name, cluster } of shared) {
      expect(cluster, name).not.toBeNull();
      expect(p.size[cluster!], name).toBeLessThan(0.05);
      expect(p.persistence![cluster!], name).toBeLessThan(0.05);
    }
  }

  it('finds every planted concept significant in tuning vectors', async () => {
    const study = few();
    const vectors = [];
    for (const own of study) vectors.push(await voxelVectors('tuning', own));
    const hierarchy = await conceptHierarchy(vectors, { minSize: 8 });
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nullTuning(study), { nDraws }));
  }, 300_000);

  it('finds every planted concept significant in patterns, with decoders trained anew for each draw', async () => {
    const study = few();
    const how = { ...training, engine: 'wasm', threads: 1 };
    const patternsOf = async (participants: readonly TrainingData[]) => {
      const vectors: Matrix[] = [];
      for (const own of participants)
        vectors.push(await voxelVectors('patterns', own, await fitDecoder(own, how), { engine: 'wasm' }));
      return vectors;
    };
    const hierarchy = await conceptHierarchy(await patternsOf(study), { minSize: 8 });
    const nulls = (draw: number) =>
      patternsOf(
        study.map((own, p) => ({ ...own, stimulus: permuteStimuli(own.stimulus, 0, p, draw, own.rows) })),
      );
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nulls, { nDraws }));
  }, 600_000);
});

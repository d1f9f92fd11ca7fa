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

interface Study {
  phantom: Phantom;
  /** The reliable voxels of each participant (each `every`-th of them), z-scored, with the training trials. */
  data: (TrainingData & { betas: Matrix })[];
  /** What was planted in each of them. */
  planted: Int32Array[];
}

async function makeStudy(nParticipants: number, every: number): Promise<Study> {
  const phantom = await makePhantom({ size: 'tiny', seed: 0, nParticipants });
  const { embeddings } = phantom;
  const study: Study = { phantom, data: [], planted: [] };
  for (const [p, { betas, trials }] of phantom.participants.entries()) {
    const [nTrials, nVoxels] = betas.shape;
    const scaled = zscoreBetas(matrix(nTrials, nVoxels, await betas.readRows(0, nTrials)), trials);
    const chosen = selectVoxels(noiseCeiling(scaled, trials).percent).filter((_, k) => k % every === 0);
    const rows = trials.split.flatMap((split, t) => (split === 'train' ? [t] : []));
    study.data.push({ betas: takeColumns(scaled, chosen), stimulus: trials.stimulus, embeddings, rows });
    study.planted.push(Int32Array.from(chosen, (v) => phantom.truth.labels[p]![v]!));
  }
  return study;
}

describe('the hierarchy’s own selection on the phantom, no eps given', () => {
  let study: Study;
  beforeAll(async () => {
    study = await makeStudy(8, 1);
  }, 300_000);

  /** One pure cluster for each shared concept, nothing else, and at least this share of each concept's voxels. */
  function expectPlanted(hierarchy: ConceptHierarchy, recall: number, found: number) {
    const score = scoreRecovery(study.phantom.truth, hierarchy, { planted: study.planted });
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
    for (const own of study.data) vectors.push(await voxelVectors('tuning', own));
    expectPlanted(await conceptHierarchy(vectors), 0.85, 12);
  }, 300_000);

  it('finds them in patterns and in weights of several reruns', async () => {
    const patterns = [];
    const weights = [];
    for (const own of study.data) {
      const mean = await fitReruns(own, { ...training, runs: 4 });
      patterns.push(await voxelVectors('patterns', own, mean));
      weights.push(mean.weight);
    }
    expectPlanted(await conceptHierarchy(patterns), 0.85, 12);
    // Weights are noisier: every concept has its one pure cluster, but not every cluster nine tenths of its voxels.
    expectPlanted(await conceptHierarchy(weights), 0.7, 5);
  }, 600_000);
});

describe('significance on the phantom, by permuted stimuli', () => {
  const nDraws = 20;
  let study: Study;
  beforeAll(async () => {
    study = await makeStudy(5, 4);
  }, 300_000);

  function expectSignificant(
    hierarchy: ConceptHierarchy,
    p: { size: Float64Array; persistence?: Float64Array },
  ) {
    const { planted: concepts, falseClusters } = scoreRecovery(study.phantom.truth, hierarchy, {
      planted: study.planted,
    });
    const shared = concepts.filter((concept) => concept.shared);
    expect(shared.length).toBe(12);
    expect(falseClusters).toBe(0);
    for (const { name, cluster } of shared) {
      expect(cluster, name).not.toBeNull();
      expect(p.size[cluster!], name).toBeLessThan(0.05);
      expect(p.persistence![cluster!], name).toBeLessThan(0.05);
    }
  }

  it('finds every planted concept significant in tuning vectors', async () => {
    const vectors = [];
    for (const own of study.data) vectors.push(await voxelVectors('tuning', own));
    const hierarchy = await conceptHierarchy(vectors, { minSize: 8 });
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nullTuning(study.data), { nDraws }));
  }, 300_000);

  it('finds every planted concept significant in patterns, with decoders trained anew for each draw', async () => {
    const how = { ...training, batchSize: 128, engine: 'wasm', threads: 1 };
    const patternsOf = async (participants: readonly TrainingData[]) => {
      const vectors: Matrix[] = [];
      for (const own of participants)
        vectors.push(await voxelVectors('patterns', own, await fitDecoder(own, how), { engine: 'wasm' }));
      return vectors;
    };
    const hierarchy = await conceptHierarchy(await patternsOf(study.data), { minSize: 8 });
    const nulls = (draw: number) =>
      patternsOf(
        study.data.map((own, p) => ({
          ...own,
          stimulus: permuteStimuli(own.stimulus, 0, p, draw, own.rows),
        })),
      );
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nulls, { nDraws }));
  }, 600_000);
});

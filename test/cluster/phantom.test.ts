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

/** Short, from near 0: before decoders learn what is their participant's alone (docs/phantom.md). */
const training = { steps: 20, learningRate: 1e-3, initScale: 0.02 };

type Participant = TrainingData & { betas: Matrix };

interface Study {
  truth: Phantom['truth'];
  /** The reliable voxels of each participant, z-scored, with the training trials. */
  data: Participant[];
  /** What was planted in each of them. */
  planted: Int32Array[];
}

async function makeStudy(): Promise<Study> {
  const { truth, embeddings, participants } = await makePhantom({ size: 'tiny', seed: 0 });
  const study: Study = { truth, data: [], planted: [] };
  for (const [p, { betas, trials }] of participants.entries()) {
    const [nTrials, nVoxels] = betas.shape;
    const scaled = zscoreBetas(matrix(nTrials, nVoxels, await betas.readRows(0, nTrials)), trials);
    const chosen = selectVoxels(noiseCeiling(scaled, trials).percent);
    const rows = trials.split.flatMap((split, t) => (split === 'train' ? [t] : []));
    study.data.push({ betas: takeColumns(scaled, chosen), stimulus: trials.stimulus, embeddings, rows });
    study.planted.push(Int32Array.from(chosen, (v) => truth.labels[p]![v]!));
  }
  return study;
}

/** The same study of some participants (all by default), and of each `every`-th of their voxels. */
function part({ truth, data, planted }: Study, every: number, who = [...data.keys()]): Study {
  const kept = planted.map((own) => [...own.keys()].filter((k) => k % every === 0));
  return {
    truth,
    data: who.map((p) => ({ ...data[p]!, betas: takeColumns(data[p]!.betas, kept[p]!) })),
    planted: who.map((p) => Int32Array.from(kept[p]!, (k) => planted[p]![k]!)),
  };
}

async function tuningOf(data: readonly Participant[]): Promise<Matrix[]> {
  const vectors = [];
  for (const own of data) vectors.push(await voxelVectors('tuning', own));
  return vectors;
}

let whole: Study;
beforeAll(async () => {
  whole = await makeStudy();
}, 300_000);

describe('the hierarchy’s own selection on the phantom, no eps given', () => {
  let study: Study;
  beforeAll(() => {
    study = part(whole, 2);
  });

  /** One pure cluster that is found for each shared concept, and nothing else. */
  function expectPlanted(hierarchy: ConceptHierarchy) {
    const score = scoreRecovery(study.truth, hierarchy, { planted: study.planted });
    const shared = score.planted.filter((concept) => concept.shared);
    expect(shared.length).toBe(12);
    expect(hierarchy.nClusters).toBe(12);
    expect([score.falseClusters, score.splitClusters]).toEqual([0, 0]);
    expect(score.planted.filter((concept) => !concept.shared && concept.found)).toEqual([]);
    for (const concept of shared) {
      expect(concept.precision, concept.name).toBeGreaterThanOrEqual(0.97);
      expect(concept.recall, concept.name).toBeGreaterThanOrEqual(0.9);
      expect(concept.found, concept.name).toBe(true);
    }
  }

  it('finds exactly the planted concepts in tuning vectors', async () => {
    expectPlanted(await conceptHierarchy(await tuningOf(study.data)));
  }, 300_000);

  it('finds exactly them in patterns and in weights of many reruns', async () => {
    const patterns = [];
    const weights = [];
    for (const own of study.data) {
      const mean = await fitReruns(own, { ...training, batchSize: 256, runs: 8, threads: 1 });
      patterns.push(await voxelVectors('patterns', own, mean));
      weights.push(mean.weight);
    }
    expectPlanted(await conceptHierarchy(patterns));
    expectPlanted(await conceptHierarchy(weights));
  }, 600_000);
});

describe('significance on the phantom, by permuted stimuli', () => {
  // One thread: at this size, starting more takes longer than the work.
  const pairs = { engine: 'wasm', threads: 1 };
  const null20 = { ...pairs, nDraws: 20 };
  let study: Study;
  beforeAll(() => {
    // The fewest of the eight among whom every shared concept still has the four participants that it needs.
    study = part(whole, 6, [0, 1, 3, 5, 6, 7]);
  });

  function expectSignificant(
    hierarchy: ConceptHierarchy,
    p: { size: Float64Array; persistence?: Float64Array },
  ) {
    const { planted: concepts, falseClusters } = scoreRecovery(study.truth, hierarchy, {
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
    const hierarchy = await conceptHierarchy(await tuningOf(study.data), { ...pairs, minSize: 8 });
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nullTuning(study.data), null20));
  }, 300_000);

  it('finds every planted concept significant in patterns, with decoders trained anew for each draw', async () => {
    const how = { ...training, ...pairs, batchSize: 128 };
    const patternsOf = async (participants: readonly TrainingData[]) => {
      const vectors: Matrix[] = [];
      for (const own of participants)
        vectors.push(await voxelVectors('patterns', own, await fitDecoder(own, how), { engine: 'wasm' }));
      return vectors;
    };
    const hierarchy = await conceptHierarchy(await patternsOf(study.data), { ...pairs, minSize: 8 });
    const nulls = (draw: number) =>
      patternsOf(
        study.data.map((own, p) => ({
          ...own,
          stimulus: permuteStimuli(own.stimulus, 0, p, draw, own.rows),
        })),
      );
    expectSignificant(hierarchy, await clusterSignificance(hierarchy, nulls, null20));
  }, 600_000);
});

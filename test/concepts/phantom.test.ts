import { beforeAll, describe, expect, it } from 'vitest';
import {
  type ConceptVoxels,
  categoryScores,
  conceptCard,
  conceptExtent,
  conceptResponses,
  conceptVectors,
  dissociateConcepts,
  imagePool,
  labelConcept,
  labelReliability,
  negationTest,
  rankImages,
  regionOverlap,
} from '../../src/concepts/index.js';
import { meanRow } from '../../src/concepts/labelConcept.js';
import { voxelVectors } from '../../src/decode/index.js';
import { unitRows } from '../../src/embed/cosineSimilarities.js';
import { makePhantom, type Phantom } from '../../src/phantom/index.js';
import type { Trials } from '../../src/prepare/index.js';
import { type Matrix, matrix, randomStream, rowOf, takeRows } from '../../src/util/index.js';
import { highest, smoothField } from './brains.js';

type Row = Record<string, number | string>;
const rowsOf = (table: { objects(): object[] }) => table.objects() as Row[];
const trainRows = ({ split }: Trials) => split.flatMap((own, t) => (own === 'train' ? [t] : []));

/** Every participant's betas in memory, and the covariance of each voxel with the embeddings over training trials. */
async function readAll({ participants, embeddings }: Phantom) {
  const betas: Matrix[] = [];
  const vectors: Matrix[] = [];
  for (const own of participants) {
    const [nTrials, nVoxels] = own.betas.shape;
    betas.push(matrix(nTrials, nVoxels, (await own.betas.readRows(0, nTrials)).slice()));
    const data = {
      betas: betas.at(-1)!,
      stimulus: own.trials.stimulus,
      embeddings,
      rows: trainRows(own.trials),
    };
    vectors.push(await voxelVectors('tuning', data));
  }
  return { betas, vectors };
}

const located = ({ participants }: Phantom, labels: readonly Int32Array[]): ConceptVoxels[] =>
  participants.map(({ name, voxels, surfaces }, p) => ({
    ...{ participant: name, voxels, labels: labels[p]! },
    spheres: { left: surfaces.left.sphere, right: surfaces.right.sphere },
  }));

const shapeFeatures = ['roundness', 'elongation', 'size'] as const;
const colourFeatures = ['warmth', 'redness', 'saturation'] as const;
const otherFeatures = ['luminance', 'contrast', 'numerosity', 'edgeEnergy', 'horizontality'] as const;

function featuresOf({ stimuli }: Phantom) {
  const names = [...colourFeatures, ...shapeFeatures, ...otherFeatures];
  return Object.fromEntries(names.map((name) => [name, stimuli.map(({ features }) => features[name])]));
}

describe('on the phantom', () => {
  let phantom: Phantom;
  let betas: Matrix[];
  let vectors: Matrix[];
  let pooled: Matrix;
  let byParticipant: readonly Matrix[];
  const numberOf = (name: string) => phantom.truth.concepts.findIndex((concept) => concept.name === name);
  beforeAll(async () => {
    phantom = await makePhantom({ size: 'tiny', seed: 0 });
    ({ betas, vectors } = await readAll(phantom));
    ({ pooled, byParticipant } = conceptVectors(vectors, phantom.truth.labels));
  }, 300_000);

  it('puts a concept’s category among its first five words, for concepts planted by meaning, whoever has it', async () => {
    const imageMean = Float32Array.from(meanRow(unitRows(phantom.embeddings, 'embeddings')));
    const { names: words, embeddings } = phantom.words;
    const { table } = await labelConcept(pooled, { names: words, embeddings }, { top: 5, imageMean });
    for (const [k, { name, word, source }] of phantom.truth.concepts.entries()) {
      if (source !== 'meaning') continue; // a measured feature has no category
      const first = rowsOf(table).filter(({ vector, side }) => vector === k && side === 'most');
      expect(
        first.map((row) => row['word']),
        name,
      ).toContain(word);
    }
  });

  it('ranks a category’s pictures first among those that the participant never saw, and predicts it there', async () => {
    const unseen = imagePool(phantom.stimuli.length, phantom.participants[0]!.trials, 'unseen');
    const own = byParticipant[0]!;
    const { table } = await rankImages(
      takeRows(own, [numberOf('faces'), numberOf('animals'), numberOf('places')]),
      phantom.embeddings,
      { top: 10, pool: unseen },
    );
    const concepts = { faces: 'face', animals: 'animal', places: 'place' };
    for (const [i, [name, category]] of Object.entries(concepts).entries()) {
      const most = rowsOf(table).filter(({ vector, side }) => vector === i && side === 'most');
      const shown = most.map(({ stimulus }) => phantom.stimuli[stimulus as number]!.category);
      expect(shown.filter((own) => own === category).length, name).toBeGreaterThanOrEqual(8);
      const categories = Object.fromEntries(
        [...new Set(phantom.stimuli.map((stimulus) => stimulus.category))].map((own) => [
          own,
          phantom.stimuli.map((stimulus) => (stimulus.category === own ? 1 : 0)),
        ]),
      );
      const scores = await categoryScores(rowOf(own, numberOf(name)), phantom.embeddings, categories, {
        pool: unseen,
      });
      expect(scores[0]!.category).toBe(category);
      expect(scores[0]!.low).toBeGreaterThan(0.9);
    }
  });

  it('finds the label reliable and another concept’s label not', async () => {
    const { names: words, embeddings } = phantom.words;
    const labels = takeRows(embeddings, [words.indexOf('animal'), words.indexOf('vehicle')]);
    const pool = imagePool(phantom.stimuli.length, phantom.participants[0]!.trials, 'unseen');
    const textMean = Float32Array.from(meanRow(unitRows(embeddings, 'words')));
    const [own, other] = await labelReliability(
      rowOf(byParticipant[0]!, numberOf('animals')),
      labels,
      phantom.embeddings,
      {
        pool,
        textMean,
      },
    );
    expect(own!.low).toBeGreaterThan(0.8);
    expect(other!.high).toBeLessThan(own!.low);
  });

  it.each([
    0, 1,
  ])('tells the food pair apart: one by colour, one by shape, and not the reverse (seed %i)', async (seed) => {
    const other = seed === 0 ? undefined : await makePhantom({ size: 'tiny', seed });
    const means = other ? conceptVectors((await readAll(other)).vectors, other.truth.labels).pooled : pooled;
    const [colour, shape] = [numberOf('food-by-colour'), numberOf('food-by-shape')];
    const food = phantom.stimuli.map(({ category }) => (category === 'food' ? 1 : 0));
    const { features, disagreement, nStimuli } = await dissociateConcepts(
      rowOf(means, colour),
      rowOf(means, shape),
      phantom.embeddings,
      { features: featuresOf(phantom), covariates: { food }, nPermutations: 1, nDirections: 999 },
    );
    expect(nStimuli).toBe(phantom.stimuli.length);
    const test = (target: string, feature: string) =>
      rowsOf(features!).find((row) => row['target'] === target && row['feature'] === feature) as Record<
        string,
        number
      >;
    // Colour: warmth goes with the first and not with the second; as planted, positively.
    expect(test('first', 'warmth')['partial']).toBeGreaterThan(0);
    expect(test('first', 'warmth')['pCorrected']).toBeLessThan(0.05);
    expect(test('second', 'warmth')['p']).toBeGreaterThan(0.05);
    // Shape: the planted elongation goes, negatively, with the second and not with the first.
    expect(test('second', 'elongation')['partial']).toBeLessThan(0);
    expect(test('second', 'elongation')['pCorrected']).toBeLessThan(0.05);
    expect(test('first', 'elongation')['p']).toBeGreaterThan(0.05);
    // No colour feature is the second's and no shape feature the first's, beyond what any direction has.
    for (const feature of colourFeatures) expect(test('second', feature)['pCorrected']).toBeGreaterThan(0.05);
    for (const feature of shapeFeatures) expect(test('first', feature)['pCorrected']).toBeGreaterThan(0.05);
    for (const feature of otherFeatures)
      expect(test('difference', feature)['pCorrected']).toBeGreaterThan(0.05);
    // The contrast itself. Corrected over all features, elongation is at 0.003, warmth at 0.07.
    expect(test('difference', 'elongation')['pCorrected']).toBeLessThan(0.05);
    for (const feature of ['warmth', 'elongation']) {
      expect(test('difference', feature)['partial']).toBeGreaterThan(0);
      expect(test('difference', feature)['p']).toBeLessThan(0.05);
    }
    const warmthOf = (side: string) =>
      rowsOf(disagreement)
        .filter((row) => row['side'] === side)
        .reduce((sum, row) => sum + phantom.stimuli[row['stimulus'] as number]!.features.warmth, 0);
    expect(warmthOf('first')).toBeGreaterThan(warmthOf('second'));
  }, 120_000);

  it('counts regions as planted, and finds each planted region beyond chance', async () => {
    const { labels, concepts } = phantom.truth;
    const {
      byParticipant,
      pooled: shares,
      nulls,
    } = await regionOverlap(located(phantom, labels), {
      systems: ['visual', 'floc'],
      nPermutations: 99,
    });
    expect(new Set(nulls)).toEqual(new Set(['spin']));
    for (const row of rowsOf(byParticipant)) {
      const p = phantom.participants.findIndex(({ name }) => name === row['participant']);
      const rois = phantom.participants[p]!.voxels.rois[row['system'] as string]!;
      const isIn = (v: number) => rois[v] === row['region'];
      const set = Array.from(labels[p]!.keys()).filter((v) => labels[p]![v] === row['concept']);
      const expected = {
        nConcept: set.length,
        nOverlap: set.filter(isIn).length,
        nRegion: rois.filter((_, v) => isIn(v)).length,
      };
      expect(row).toMatchObject(expected);
    }
    for (const [k, { name, shared, regions }] of concepts.entries()) {
      if (!shared) continue;
      const found = rowsOf(shares).filter((row) => row['concept'] === k && (row['share'] as number) > 0);
      expect(found.map((row) => row['region']).sort(), name).toEqual([...regions].sort());
      expect(
        found.reduce((sum, row) => sum + (row['share'] as number), 0),
        name,
      ).toBeCloseTo(1, 9);
      for (const row of found) expect(row['pCorrected'], name).toBeLessThan(0.05);
    }
  });

  it('finds the one-sided concepts lateral, exactly, and the two-sided ones not wholly', async () => {
    const { pooled: extent } = await conceptExtent(located(phantom, phantom.truth.labels), {
      nPermutations: 20,
    });
    for (const [k, { name, hemispheres, participants, shared }] of phantom.truth.concepts.entries()) {
      if (!shared) continue;
      const row = rowsOf(extent).find(({ concept }) => concept === k) as Record<string, number>;
      expect(row['nParticipants']).toBe(participants.length);
      if (hemispheres.length === 2) expect(Math.abs(row['laterality']!), name).toBeLessThan(0.4);
      else {
        expect(row['laterality'], name).toBe(hemispheres[0] === 'left' ? 1 : -1);
        expect(row['pLaterality']).toBe(2 / 2 ** participants.length);
        expect(row['pLaterality']).toBeLessThan(0.05);
      }
    }
  });

  it('sees responses to test pictures above and below their mean, as planted', async () => {
    // A feature's direction has two sides; a category's pictures are few and all others much alike to its voxels.
    const k = numberOf('bright');
    const label = phantom.truth.labels[0]!;
    const voxels = Int32Array.from(label.keys()).filter((v) => label[v] === k);
    const first = { betas: betas[0]!, trials: phantom.participants[0]!.trials, voxels };
    const rows = first.trials.split.flatMap((split, t) => (split === 'test' ? [t] : []));
    const table = await conceptResponses([first], { rows });
    const stimuli = Array.from(table.array('stimulus') as number[]);
    expect(stimuli).toEqual([...new Set(rows.map((t) => first.trials.stimulus[t]!))].sort((a, b) => a - b));
    const { table: ranked } = await rankImages(takeRows(pooled, [k]), phantom.embeddings, {
      top: stimuli.length,
      pool: stimuli,
    });
    const scoreOf = new Map(
      rowsOf(ranked).flatMap(({ side, stimulus, score }) =>
        side === 'most' ? [[stimulus, score as number] as const] : [],
      ),
    );
    const result = negationTest(
      stimuli.map((stimulus) => scoreOf.get(stimulus)!),
      table.array('response') as number[],
      { top: 10 },
    );
    expect(result.most.verdict).toBe('above');
    expect(result.least.mean).toBeLessThan(result.baseline);
    expect(result.spearman).toBeGreaterThan(0.3);
  });

  it('gathers it all on a card that JSON carries unchanged', async () => {
    const k = numberOf('words');
    const { names: words, embeddings } = phantom.words;
    const findings = {
      concept: k,
      counts: phantom.truth.labels.map((labels) => labels.filter((label) => label === k).length),
      participants: phantom.participants.map(({ name }) => name),
      images: await rankImages(pooled, phantom.embeddings),
      words: await labelConcept(pooled, { names: words, embeddings }),
      regions: await regionOverlap(located(phantom, phantom.truth.labels).slice(0, 2), { nPermutations: 9 }),
      extent: await conceptExtent(located(phantom, phantom.truth.labels), { nPermutations: 9 }),
      values: { persistence: 0.2, p: Number.NaN },
      top: 3,
    };
    const card = conceptCard(findings);
    expect(JSON.parse(JSON.stringify(card))).toEqual(JSON.parse(JSON.stringify({ ...card })));
    expect(card).toMatchObject({ concept: k, nParticipants: 7, values: { persistence: 0.2, p: null } });
    expect(card.most).toHaveLength(3);
    expect(card.words!.map(({ word }) => word)).toContain('word');
    expect(card.regions![0]).toMatchObject({ region: 'VWFA', share: 1 });
    expect(card.laterality).toMatchObject({ laterality: 1 });
    expect(JSON.stringify(card)).not.toMatch(/NaN|Infinity/);
    expect(() => conceptCard({ ...findings, counts: [1] })).toThrow('number of counts is 1; must be 8');
  });
});

describe('on the null phantom', () => {
  let phantom: Phantom;
  let betas: Matrix[];
  let vectors: Matrix[];
  const limit = (n: number) => 0.05 + 2.6 * Math.sqrt((0.05 * 0.95) / n);
  beforeAll(async () => {
    phantom = await makePhantom({ size: 'tiny', seed: 1, nParticipants: 2, planted: false });
    ({ betas, vectors } = await readAll(phantom));
  }, 300_000);

  it('finds random voxel sets, scattered or in patches, in regions at most as often as it says', async () => {
    const brain = located(
      phantom,
      phantom.participants.map(({ voxels }) => new Int32Array(voxels.nVoxels)),
    )[0]!;
    let [single, tests, family, studies] = [0, 0, 0, 0];
    for (const width of [0, 12]) {
      for (let study = 0; study < 40; study++) {
        const random = randomStream(study, 'null phantom sets', width);
        const field = width
          ? smoothField(brain, width, random, 30)
          : random.normals(new Float64Array(brain.voxels.nVoxels));
        const { byParticipant } = await regionOverlap([{ ...brain, labels: highest(field, 0.05) }], {
          ...{ systems: ['floc', 'visual'], nPermutations: 59, seed: study },
        });
        const rows = rowsOf(byParticipant);
        tests += rows.length;
        single += rows.filter(({ p }) => (p as number) <= 0.05).length;
        for (const system of ['floc', 'visual']) {
          studies++;
          if (rows.some((row) => row['system'] === system && (row['pCorrected'] as number) <= 0.05)) family++;
        }
      }
    }
    expect(single / tests).toBeLessThan(limit(80));
    expect(family / studies).toBeLessThan(limit(studies));
  });

  /** How often concepts of random voxels, nEach of every participant, have features beyond what they say. */
  const familiesFound = async (from: readonly Matrix[], nEach: number, nStudies: number) => {
    const features = featuresOf(phantom);
    const random = randomStream(0, 'null phantom directions', nEach);
    const draw = () => {
      const labels = from.map((own) => {
        const chosen = new Set(random.permutation(own.shape[0]).slice(0, nEach));
        return Int32Array.from({ length: own.shape[0] }, (_, v) => (chosen.has(v) ? 0 : -1));
      });
      return rowOf(conceptVectors(from, labels).pooled, 0);
    };
    const families: { target: string; found: boolean; single: number }[] = [];
    for (let study = 0; study < nStudies; study++) {
      const { features: table } = await dissociateConcepts(draw(), draw(), phantom.embeddings, {
        ...{ features, nPermutations: 1, nDirections: 59, seed: study },
      });
      for (const target of ['first', 'second', 'difference']) {
        const rows = rowsOf(table!).filter((row) => row['target'] === target);
        const single = rows.filter(({ p }) => (p as number) <= 0.05).length / rows.length;
        families.push({ target, single, found: rows.some((row) => (row['pCorrected'] as number) <= 0.05) });
      }
    }
    return families;
  };
  const atMostAsSaid = (families: Awaited<ReturnType<typeof familiesFound>>) => {
    for (const isOwn of [true, false]) {
      const own = families.filter(({ target }) => (target !== 'difference') === isOwn);
      const n = own.length;
      expect(own.filter(({ found }) => found).length / n).toBeLessThan(limit(n));
      expect(own.reduce((sum, { single }) => sum + single, 0) / n).toBeLessThan(limit(n));
    }
  };

  it('finds features in single voxels without signal at most as often as it says', async () =>
    atMostAsSaid(await familiesFound(vectors.slice(0, 1), 1, 40)));

  // Sets of one brain share its global noise, so that their vectors are not independent draws; without that they are.
  it('finds features in voxel sets without signal at most as often as it says', async () => {
    const noise = { spatial: 0, global: 0 };
    const white = await makePhantom({ size: 'tiny', seed: 1, nParticipants: 2, planted: false, noise });
    atMostAsSaid(await familiesFound((await readAll(white)).vectors, 15, 40));
  }, 300_000);

  it('finds negation in random voxels and directions at most as often as it says', async () => {
    const { trials } = phantom.participants[0]!;
    const random = randomStream(0, 'null phantom negation');
    let below = 0;
    for (let study = 0; study < 60; study++) {
      const voxels = random.permutation(betas[0]!.shape[1]).slice(0, 15);
      const table = await conceptResponses([{ betas: betas[0]!, trials, voxels }]);
      const stimuli = table.array('stimulus') as number[];
      const direction = random.normals(new Float32Array(phantom.embeddings.shape[1]));
      const scores = Array.from(stimuli, (stimulus) =>
        rowOf(phantom.embeddings, stimulus).reduce((sum, value, d) => sum + value * direction[d]!, 0),
      );
      const { least } = negationTest(scores, table.array('response') as number[], {
        nPermutations: 99,
        seed: study,
      });
      if (least.p <= 0.05) below++;
    }
    expect(below / 60).toBeLessThan(limit(60));
  });
});

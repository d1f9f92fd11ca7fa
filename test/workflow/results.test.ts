import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  clusterPooled,
  clusterSignificance,
  clusterStability,
  compareClusterings,
  conceptHierarchy,
  leaveParticipantsOut,
  nullTuning,
} from '../../src/cluster/index.js';
import {
  type ConceptCard,
  conceptResponses,
  dissociateConcepts,
  labelReliability,
  negationTest,
  overlappingConcepts,
  regionOverlap,
} from '../../src/concepts/index.js';
import { meanRow } from '../../src/concepts/labelConcept.js';
import { readColumns, readSurface } from '../../src/data/index.js';
import { unitRows } from '../../src/embed/cosineSimilarities.js';
import { cosineSimilarities } from '../../src/embed/index.js';
import { clusterName } from '../../src/study/index.js';
import { matrix, rowOf, takeRows } from '../../src/util/index.js';
import { conceptTables } from '../../src/workflow/conceptTables.js';
import { initStudy, openStudy, planStudy, runStudy, type Study } from '../../src/workflow/index.js';
import { resultColumns } from '../../src/workflow/resultTables.js';
import { studyFiles } from '../../src/workflow/studyFiles.js';

const features = ['warmth', 'roundness', 'size'];
const permutations = 30;
let folder: string;
let study: Study;
const tuning = 0;
const patterns = 1;

/** A phantom of five, clustered by tuning and by patterns of two runs, with everything that a study can be asked for. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sdc-results-'));
  const participants = ['sub-01', 'sub-02', 'sub-03', 'sub-04', 'sub-05'];
  await initStudy('phantom', folder, { participants, sourceOptions: { size: 'tiny' } });
  await change((config) => ({
    ...config,
    decode: { ...config.decode, runs: 2, steps: 20, permutations: 20, alphas: [1000], topK: [1] },
    cluster: [
      { ...config.cluster[2], eps: 0.12 },
      { ...config.cluster[0], eps: 0.16 },
    ],
    significance: { draws: 2, decoderDraws: 1 },
    comparisons: true,
    concepts: { ...config.concepts, permutations, features },
  }));
  await runStudy(folder);
  study = await openStudy(folder);
}, 1_800_000);

afterAll(() => rm(folder, { recursive: true, force: true }));

// biome-ignore lint/suspicious/noExplicitAny: a study.json before it is checked
async function change(edit: (config: any) => unknown) {
  const path = join(folder, 'study.json');
  await writeFile(path, JSON.stringify(edit(JSON.parse(await readFile(path, 'utf8'))), null, 2));
}

type Row = Record<string, string | number | null>;
const rowsOf = (table: { objects(): object[] }) => table.objects() as Row[];
const results = async (name: string, index = tuning) => rowsOf(await study.results(name, index));

/** Rows of two tables that agree in the columns of the first, numbers to a relative 1e-6 (a table's floats are decimal). */
function expectSame(found: Row[], expected: Row[], columns: readonly string[]) {
  expect(found.length).toBe(expected.length);
  expect(found.length).toBeGreaterThan(0);
  for (const [i, row] of expected.entries()) {
    for (const column of columns) {
      const [a, b] = [found[i]![column], row[column]];
      if (typeof b === 'number' && Number.isFinite(b)) {
        expect(Math.abs(Number(a) - b), `${column} of row ${i}`).toBeLessThanOrEqual(
          1e-6 * (1 + Math.abs(b)),
        );
      } else if (typeof b === 'number') expect(a, `${column} of row ${i}`).toBeNaN();
      else expect(a, `${column} of row ${i}`).toBe(b);
    }
  }
}

describe('the folder of a clustering', () => {
  it('holds every table with its documented columns, and docs/study-folder.md names each file and column', async () => {
    const files = studyFiles(folder, study.config);
    const docs = await readFile(resolve('docs/study-folder.md'), 'utf8');
    for (const cluster of study.config.cluster) {
      const names = conceptTables(study.config, cluster, files);
      expect(new Set(names).size).toBe(names.length);
      for (const name of [...names, 'repeats.tsv'] as const) {
        const path = join(folder, 'concepts', clusterName(cluster), name);
        expect(existsSync(path), path).toBe(true);
        const columns = Object.keys(await readColumns(path));
        expect(columns.slice(0, resultColumns[name].length), name).toEqual(resultColumns[name]);
      }
    }
    for (const [name, columns] of Object.entries(resultColumns)) {
      const line = docs.split('\n').find((each) => each.startsWith(`| \`${name}\` |`));
      expect(line, name).toBeDefined();
      for (const column of columns) expect(line, `${name}: ${column}`).toContain(`\`${column}\``);
    }
  });

  it('holds the hierarchy that conceptHierarchy gives, and its own selection', async () => {
    const vectors = await study.vectors('tuning');
    const found = await conceptHierarchy(vectors, { minParticipants: 3, minSize: 10, minPersistence: 0.1 });
    const branches = found.branches.map((branch, b) => ({
      ...{ branch: b, cluster: found.selected.indexOf(b) },
      ...branch,
    }));
    expectSame(await results('hierarchy.tsv'), branches as unknown as Row[], resultColumns['hierarchy.tsv']);
    const selection = await results('selection.tsv');
    expect(selection.map(({ eps }) => Number(eps).toFixed(6))).toEqual(
      Array.from(found.eps, (eps) => eps.toFixed(6)),
    );
    expect(selection.map(({ size }) => size)).toEqual(
      Array.from({ length: found.nClusters }, (_, k) =>
        found.labels.reduce((sum, own) => sum + own.filter((label) => label === k).length, 0),
      ),
    );
  });

  it('holds the stability that leaving participants out gives, without a pass saved', async () => {
    const vectors = await study.vectors('tuning');
    const { vectors: _, ...options } = study.config.cluster[tuning]!;
    const repeats = await leaveParticipantsOut(vectors, options);
    const { reproducibility, found, cosine } = clusterStability(await study.clusters(tuning), repeats);
    const rows = Array.from(reproducibility, (value, cluster) => ({
      ...{ cluster, kind: 'participant', repeats: 5, reproducibility: value },
      ...{ found: found[cluster]!, cosine: cosine[cluster]! },
    }));
    expectSame(await results('stability.tsv'), rows, resultColumns['stability.tsv']);
    const kinds = new Set((await results('stability.tsv', patterns)).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['participant', 'rerun']);
  });

  it('holds the p-values of clusterSignificance under permuted labels', async () => {
    const people = await Promise.all(study.participants.map((name) => study.participant(name)));
    const draws = nullTuning(people, { seed: 0 });
    const { size, nullSize } = await clusterSignificance(await study.clusters(tuning), draws, { nDraws: 2 });
    const rows = (await results('significance.tsv')).filter(({ of }) => of === 'clusters');
    expect(rows.map(({ pSize }) => pSize)).toEqual(Array.from(size));
    const nulls = (await results('null.tsv')).filter(({ of }) => of === 'clusters');
    expect(nulls.map((row) => row['size'])).toEqual(Array.from(nullSize));
    expect(await results('null.tsv', patterns)).toHaveLength(2);
  });

  it('holds the comparisons of compareClusterings', async () => {
    const [vectors, clusters] = [await study.vectors('tuning'), await study.clusters(tuning)];
    const pooled = await clusterPooled(vectors, { eps: 0.12 });
    const direct = compareClusterings(clusters, { 'pooled DBSCAN': pooled });
    const rows = await results('comparisons.tsv');
    const own = rows.find(({ method }) => method === 'pooled DBSCAN')!;
    for (const column of ['clusters', 'ari', 'ami', 'labelled'] as const)
      expect(own[column], column).toBeCloseTo(Number(direct[column]![1]), 9);
    expect(rows.map(({ method }) => method)).toContain(clusterName(study.config.cluster[patterns]!));
  });

  it('holds the regions of regionOverlap, spun on the template’s spheres', async () => {
    const { labels } = await study.clusters(tuning);
    const sphere = (side: string) => readSurface(study.path(`surfaces/${side}.sphere.surf.gii`));
    const spheres = { left: await sphere('lh'), right: await sphere('rh') };
    const located = await Promise.all(
      study.participants.map(async (participant, p) => ({
        ...{
          participant,
          voxels: (await study.participant(participant)).voxels,
          labels: labels[p]!,
          spheres,
        },
      })),
    );
    const { pooled } = await regionOverlap(located, { nPermutations: permutations });
    expectSame(await results('regions.tsv'), rowsOf(pooled), resultColumns['regions.tsv']);
  });

  it('holds what conceptResponses and negationTest give on held-out trials', async () => {
    const clusters = await study.clusters(tuning);
    const embeddings = await study.embeddings();
    const scores = await cosineSimilarities(clusters.vectors, embeddings);
    const inputs = [];
    for (const [p, name] of study.participants.entries()) {
      const { betas, trials, rowsOf: rows } = await study.participant(name);
      const voxels = [...clusters.labels[p]!.keys()].filter((v) => clusters.labels[p]![v] === 0);
      if (voxels.length === 0) continue;
      const held = Int32Array.from([...rows('validation'), ...rows('test')]).sort();
      const stimulus = Int32Array.from(held, (t) => trials.stimulus[t]!);
      const own = { ...trials, nTrials: held.length, stimulus };
      inputs.push({ betas: takeRows(betas, held), trials: own, voxels });
    }
    const measured = rowsOf(await conceptResponses(inputs));
    const test = negationTest(
      measured.map(({ stimulus }) => rowOf(scores, 0)[Number(stimulus)]!),
      measured.map(({ response }) => Number(response)),
      { nPermutations: permutations, seed: 0 },
    );
    const [most, least] = (await results('responses.tsv')).filter(({ concept }) => concept === 0);
    expect(least).toMatchObject({ side: 'least', verdict: test.least.verdict, trials: 'held out' });
    expect(Number(least!['mean'])).toBeCloseTo(test.least.mean, 5);
    expect(Number(most!['mean'])).toBeCloseTo(test.most.mean, 5);
    expect(Number(most!['baseline'])).toBeCloseTo(test.baseline, 5);
  });

  it('holds the labels’ reliability', async () => {
    const clusters = await study.clusters(tuning);
    const { embeddings: words } = await study.words();
    const rows = await results('labels.tsv');
    const nearest = (await results('words.tsv')).filter(
      ({ vector, side }) => vector === 1 && side === 'most',
    );
    const scores = await labelReliability(
      rowOf(clusters.vectors, 1),
      takeRows(words, [Number(nearest[0]!['row'])]),
      await study.embeddings(),
      { textMean: Float32Array.from(meanRow(unitRows(words, 'words'))), ...(await judged(rows)) },
    );
    const own = rows.find(({ concept, rank }) => concept === 1 && rank === 1)!;
    expect(own).toMatchObject({ word: nearest[0]!['word'] });
    for (const column of ['auc', 'low', 'high'] as const)
      expect(own[column]).toBeCloseTo(scores[0]![column], 9);
  });

  /** The pool that a table says it used. */
  async function judged(rows: Row[]) {
    const trained = new Set<number>();
    for (const name of study.participants) {
      const { stimulus, rows: train } = await study.participant(name);
      for (const row of train) trained.add(stimulus[row]!);
    }
    const all = Array.from({ length: (await study.embeddings()).shape[0] }, (_, s) => s);
    const heldOut = all.filter((s) => !trained.has(s));
    expect(rows[0]!['pool']).toBe(heldOut.length >= 100 ? 'held out' : 'all');
    const pool = heldOut.length >= 100 ? heldOut : all;
    return { pool, top: Math.round(0.05 * pool.length) };
  }

  it('tells apart the pairs that share their pictures, as dissociateConcepts does', async () => {
    const { vectors } = await study.clusters(tuning);
    const embeddings = await study.embeddings();
    const pairs = await overlappingConcepts(vectors, embeddings);
    const found = await results('pairs.tsv');
    expect(found.map(({ first, second }) => [first, second])).toEqual(
      pairs.map(({ first, second }) => [first, second]),
    );
    expect(found.length).toBeGreaterThan(0);
    const stimuli = await study.stimuli();
    const columns = Object.fromEntries(
      features.map((name) => [name, Float64Array.from(stimuli.array(name) as ArrayLike<number>)]),
    );
    const { first, second } = pairs[0]!;
    const direct = await dissociateConcepts(rowOf(vectors, first), rowOf(vectors, second), embeddings, {
      ...{ features: columns, nPermutations: permutations, nDirections: 200, seed: 0 },
    });
    const rows = await results('dissociation.tsv');
    const own = rows.filter((row) => row['first'] === first && row['second'] === second);
    expectSame(own, rowsOf(direct.features!), ['target', 'feature', 'r', 'partial', 'pCorrected']);
  });

  it('gathers it all on the cards', async () => {
    const cards = await study.cards(tuning);
    const { nClusters, counts } = await study.clusters(tuning);
    expect(cards.map(({ concept }) => concept)).toEqual(Array.from({ length: nClusters }, (_, c) => c));
    const [persistence, significance, responses, pairs] = await Promise.all(
      ['persistence.tsv', 'significance.tsv', 'responses.tsv', 'pairs.tsv'].map((name) => results(name)),
    );
    for (const card of cards) {
      const c = card.concept;
      expect(card.nVoxels).toBe(counts.data.slice(5 * c, 5 * c + 5).reduce((a, b) => a + b, 0));
      const lasts = persistence!.find(({ cluster }) => cluster === c)!['persistence'];
      expect(card.values['persistence']).toEqual(Number.isNaN(lasts) ? null : lasts);
      const p = significance!.find(({ of, cluster }) => of === 'clusters' && cluster === c)!['pSize'];
      expect(card.values['pSize']).toBe(p);
      const least = responses!.find(({ concept, side }) => concept === c && side === 'least')!;
      expect(card.negation!.least.verdict).toBe(least['verdict']);
      expect(card.labels!.length).toBe(3);
    }
    const { first, second } = pairs![0] as { first: number; second: number };
    const others = (card: ConceptCard) => card.apart!.map(({ concept }) => concept);
    expect(others(cards[first]!)).toContain(second);
    expect(others(cards[second]!)).toContain(first);
    expect(JSON.stringify(cards)).not.toMatch(/NaN|Infinity/);
  });
});

describe('the report and the explorer', () => {
  it('show every card, why this eps, the comparison and the pairs', async () => {
    const report = await readFile(join(folder, 'report.html'), 'utf8');
    const explorer = await readFile(join(folder, 'explorer.html'), 'utf8');
    const cards = await study.cards(tuning);
    expect(report.split('<article class="sdc-card">').length - 1).toBe(
      cards.length + (await study.cards(patterns)).length,
    );
    for (const heading of ['Why this eps?', 'Other methods', 'Where the concepts lie', 'one concept or two?'])
      expect(report).toContain(heading);
    expect(explorer.split('sdc-card\\"').length - 1).toBe(cards.length);
    expect(explorer).toContain('The negation is');
  });
});

describe('running again', () => {
  it('does nothing when nothing changed', async () => {
    expect((await runStudy(folder)).ran).toEqual([]);
  });

  it('runs the significance and what depends on it when its draws change, and nothing else', async () => {
    await change((config) => ({ ...config, significance: { ...config.significance, draws: 1 } }));
    const name = clusterName(study.config.cluster[tuning]!);
    const { units } = await planStudy(folder);
    const pending = units.filter(({ state }) => !state.done).map(({ unit }) => unit.id);
    const expected = [
      `cluster/${name}/significance`,
      `concepts/${name}/cards`,
      'maps/explorer',
      'report/page',
    ];
    expect(pending).toEqual(expected);
    expect((await runStudy(folder)).ran).toEqual(expected);
    expect(await results('null.tsv')).toHaveLength(2);
  }, 600_000);
});

describe('a study without concepts', () => {
  it('has empty tables with their columns, no card, and a report', async () => {
    const before = await readFile(join(folder, 'study.json'), 'utf8');
    await change((config) => ({
      ...config,
      ...{ cluster: [{ ...config.cluster[0], eps: 1e-6 }], comparisons: true },
    }));
    await runStudy(folder);
    const empty = await openStudy(folder);
    expect(await empty.cards()).toEqual([]);
    for (const name of [
      'regions.tsv',
      'responses.tsv',
      'pairs.tsv',
      'comparisons.tsv',
      'labels.tsv',
    ] as const) {
      const columns = await readColumns(
        empty.path(`concepts/${clusterName(empty.config.cluster[0]!)}/${name}`),
      );
      expect(Object.keys(columns)).toEqual(resultColumns[name]);
    }
    await writeFile(join(folder, 'study.json'), before);
  }, 600_000);
});

describe('overlappingConcepts', () => {
  it('finds the pair about the same pictures, not the pair of nearest vectors', async () => {
    // Pictures along three axes; 0 and 1 both like the first pictures most and differ in the rest, 2 is nearer to 1.
    const pictures = matrix(
      6,
      3,
      Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 1, 0, 0, 0, 1, -1, 0, 0, 0, -1, -1),
    );
    const vectors = matrix(3, 3, Float32Array.of(1, 0.6, -0.6, 1, -0.6, 0.6, 0.1, -0.8, 0.9));
    const pairs = await overlappingConcepts(vectors, pictures, { topShare: 1 / 3, minShared: 1 });
    expect(pairs.map(({ first, second }) => [first, second])).toEqual([[0, 1]]);
    await expect(overlappingConcepts(vectors, pictures, { topShare: 0 })).rejects.toThrow(
      'topShare is 0; must be in (0, 1]',
    );
  });
});

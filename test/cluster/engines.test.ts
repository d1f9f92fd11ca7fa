import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterConcepts,
  clusterPooled,
  conceptHierarchy,
  coreCurves,
  coreSimilarity,
  countCores,
  nearestByParticipant,
} from '../../src/cluster/index.js';
import { type Matrix, matrix, rowOf, takeRows } from '../../src/util/array.js';
import type { ProgressEvent } from '../../src/util/progress.js';
import { randomStream } from '../../src/util/random.js';
import { clumpedVectors } from './random.js';

const plain = { eps: 0.25, minParticipants: 2 };

describe('clusterConcepts', () => {
  it.each([
    { engine: 'cpu' as const, threads: 1 },
    { engine: 'cpu' as const, threads: 2 },
    { engine: 'cpu' as const, threads: 4 },
    { engine: 'wasm' as const, threads: 2 },
  ])('gives every number of the reference with the engine $engine and $threads threads', async (how) => {
    const vectors = clumpedVectors(3, [300, 250, 0, 200, 310], 24, 0.45);
    for (const border of ['nearest', 'last'] as const) {
      const expected = await clusterConcepts(vectors, { ...plain, border, engine: 'reference' });
      expect(expected.nClusters).toBeGreaterThan(1);
      expect(await clusterConcepts(vectors, { ...plain, border, ...how })).toEqual(expected);
    }
  });

  it('changes nothing but names when voxels or participants are permuted', async () => {
    const integers = fc.integer({ min: -1, max: 2 });
    const voxels = fc.array(fc.tuple(integers, integers, integers), { maxLength: 6 });
    const study = fc.record({
      participants: fc.array(voxels, { minLength: 2, maxLength: 5 }),
      eps: fc.constantFrom(0.05, 0.125, 0.25, 0.5),
      seed: fc.nat(1000),
    });
    const run = async ({
      participants,
      eps,
      seed,
    }: {
      participants: number[][][];
      eps: number;
      seed: number;
    }) => {
      const vectors = participants.map((own) => matrix(own.length, 3, Float32Array.from(own.flat())));
      const minParticipants = 1 + (seed % (vectors.length - 1));
      const stream = randomStream(seed, 'permutation');
      const order = stream.permutation(vectors.length);
      const inner = vectors.map((own) => stream.permutation(own.shape[0]));
      const permuted = Array.from(order, (p) => takeRows(vectors[p]!, inner[p]!));
      const before = await clusterConcepts(vectors, { eps, minParticipants });
      const after = await clusterConcepts(permuted, { eps, minParticipants });
      const names = new Map<string, number>();
      order.forEach((p, q) => {
        inner[p]!.forEach((v, w) => {
          expect(after.core[q]![w]).toBe(before.core[p]![v]);
          expect(after.labels[q]![w]! < 0).toBe(before.labels[p]![v]! < 0);
          // Border points at equal distance from two clusters go by the order of the clusters: cores only.
          if (before.core[p]![v]) names.set(`${before.labels[p]![v]} ${after.labels[q]![w]}`, 1);
        });
      });
      expect(names.size).toBe(before.nClusters);
      expect(after.nClusters).toBe(before.nClusters);
    };
    await fc.assert(fc.asyncProperty(study, run), { numRuns: 300, seed: 1 });
  });

  it('keeps the clusters of a study when every vector is scaled by its own factor', async () => {
    const vectors = clumpedVectors(4, [40, 50, 45], 16, 0.4);
    const scaled = vectors.map((own, p) => ({
      ...own,
      data: own.data.map((x, at) => x * 2 ** (((p + Math.floor(at / 16)) % 60) - 30)),
    }));
    const [a, b] = [await clusterConcepts(vectors, plain), await clusterConcepts(scaled, plain)];
    expect(b.labels).toEqual(a.labels);
    expect(b.vectors).toEqual(a.vectors);
  });

  it('leaves its input as it was, takes saved nearest tables, and counts what it labels', async () => {
    const vectors = clumpedVectors(5, [40, 50, 45, 30], 16, 0.4);
    const copies = vectors.map((own) => own.data.slice());
    const nearest = await nearestByParticipant(vectors);
    const clusters = await clusterConcepts(vectors, plain);
    expect(await clusterConcepts(vectors, { ...plain, nearest })).toEqual(clusters);
    expect(vectors.map((own) => own.data)).toEqual(copies);
    clusters.labels.forEach((own, p) => {
      for (let c = 0; c < clusters.nClusters; c++) {
        expect(clusters.counts.data[c * 4 + p]).toBe(own.filter((label) => label === c).length);
      }
      own.forEach((label, v) => {
        if (label >= 0) expect(clusters.expanded[p]!.data[label * own.length + v]).toBe(1);
      });
    });
  });

  it('drops clusters that are too small or in too few participants, and renumbers the rest', async () => {
    const vectors = clumpedVectors(6, [60, 60, 60, 60], 16, 0.4, 5);
    const all = await clusterConcepts(vectors, plain);
    const sizeOf = (c: number) => all.counts.data.subarray(4 * c, 4 * c + 4).reduce((a, b) => a + b, 0);
    const minSize = sizeOf(1);
    const large = await clusterConcepts(vectors, { ...plain, minSize });
    expect(large.nClusters).toBe(
      Array.from({ length: all.nClusters }, (_, c) => sizeOf(c)).filter((s) => s >= minSize).length,
    );
    expect(large.nClusters).toBeLessThan(all.nClusters);
    expect(large.labels[0]!.map((label) => (label < 0 ? -2 : label))).toEqual(
      all.labels[0]!.map((label) => (label < 0 || label >= large.nClusters ? -2 : label)),
    );
    expect((await clusterConcepts(vectors, { ...plain, minClusterParticipants: 5 })).nClusters).toBe(0);
  });

  it('makes unit concept vectors, by voxels or by participants', async () => {
    const vectors = [
      matrix(3, 2, Float32Array.of(1, 0, 2, 0, 1, 0.2)),
      matrix(1, 2, Float32Array.of(1, 0.1)),
    ];
    const by = async (weighting: 'voxels' | 'participants') =>
      (await clusterConcepts(vectors, { eps: 0.2, minParticipants: 1, weighting })).vectors;
    const unit = (x: number, y: number) => [x / Math.hypot(x, y), y / Math.hypot(x, y)];
    const [u, w] = [unit(1, 0.2), unit(1, 0.1)];
    const voxels = unit(2 + u[0]! + w[0]!, u[1]! + w[1]!);
    const first = unit(2 + u[0]!, u[1]!);
    const participants = unit(first[0]! + w[0]!, first[1]! + w[1]!);
    expect([...rowOf(await by('voxels'), 0)].map((x, k) => Math.abs(x - voxels[k]!) < 1e-6)).toEqual([
      true,
      true,
    ]);
    expect(
      [...rowOf(await by('participants'), 0)].map((x, k) => Math.abs(x - participants[k]!) < 1e-6),
    ).toEqual([true, true]);
  });

  it('names values that are not finite, unequal widths, options out of range, and work that does not fit', async () => {
    const vectors = clumpedVectors(1, [5, 6, 7], 8);
    const bad = (value: number): Matrix[] => {
      const copy = vectors.map((own) => ({ ...own, data: own.data.slice() }));
      copy[1]!.data[2 * 8 + 3] = value;
      return copy;
    };
    await expect(clusterConcepts(bad(Number.NaN), plain)).rejects.toThrow(
      'vectors[1][2][3] is NaN; must be finite',
    );
    await expect(clusterConcepts(bad(-Infinity), plain)).rejects.toThrow('vectors[1][2][3] is -Infinity');
    const narrow = [vectors[0]!, matrix(2, 4)];
    await expect(clusterConcepts(narrow, { eps: 0.2, minParticipants: 1 })).rejects.toThrow(
      'number of dimensions of vectors[1] is 4; must be 8',
    );
    for (const eps of [0, -1, 2, Number.NaN]) {
      await expect(clusterConcepts(vectors, { ...plain, eps })).rejects.toThrow(
        `eps is ${eps}; must be in (0, 2)`,
      );
    }
    await expect(clusterConcepts(vectors, { ...plain, epsExpansion: 2 })).rejects.toThrow(
      'epsExpansion is 2',
    );
    for (const minParticipants of [0, 3, 1.5]) {
      await expect(clusterConcepts(vectors, { ...plain, minParticipants })).rejects.toThrow(
        `minParticipants is ${minParticipants}; must be an integer from 1 to 2`,
      );
    }
    await expect(clusterConcepts(vectors.slice(0, 1), plain)).rejects.toThrow(
      'number of participants is 1; must be at least 2',
    );
    const little = { memoryBytes: 1e6, onProgress: (event: ProgressEvent) => said.push(event.detail) };
    const said: (string | undefined)[] = [];
    for (const work of [
      () => clusterConcepts(vectors, { ...plain, ...little }),
      () => conceptHierarchy(vectors, { minParticipants: 2, ...little }),
      () => nearestByParticipant(vectors, little),
      () => clusterPooled(vectors, { eps: 0.2, minVoxels: 3, ...little }),
    ]) {
      await expect(work()).rejects.toThrow(
        /clustering 18 voxels needs .* GB, but 0\.00 GB is available; select fewer voxels/,
      );
      expect(said.pop()).toMatch(/^18 voxels of 8 dimensions: about [\d.]+ GB$/);
    }
    const stop = AbortSignal.abort();
    await expect(clusterConcepts(vectors, { ...plain, signal: stop })).rejects.toMatchObject({
      tag: 'aborted',
    });
    await expect(clusterConcepts(vectors, { ...plain, engine: 'cpu', signal: stop })).rejects.toMatchObject({
      tag: 'aborted',
    });
  });
});

describe('conceptHierarchy', () => {
  it('finds what the reference finds with any engine and number of threads, ties and duplicates included', async () => {
    const clumps = clumpedVectors(3, [300, 250, 0, 200, 310], 32, 0.45, 5);
    clumps[0]!.data.fill(0, 7 * 32, 8 * 32);
    clumps[1]!.data.copyWithin(0, 10 * 32, 40 * 32); // duplicates
    const stream = randomStream(1, 'whole numbers');
    const whole = [120, 130, 110, 140].map((size) =>
      matrix(
        size,
        6,
        Float32Array.from({ length: size * 6 }, () => stream.integer(4) - 1),
      ),
    );
    for (const vectors of [clumps, whole]) {
      for (const maxEps of [2, 0.4]) {
        const options = { minParticipants: 2, minSize: 5, minPersistence: 0.02, maxEps };
        const { forest, ...expected } = await conceptHierarchy(vectors, { ...options, engine: 'reference' });
        expect(expected.branches.length).toBeGreaterThan(0);
        for (const how of [
          { engine: 'cpu', threads: 1 },
          { engine: 'cpu', threads: 3 },
          { engine: 'wasm', threads: 2 },
        ]) {
          const { forest: found, ...rest } = await conceptHierarchy(vectors, { ...options, ...how });
          expect(rest).toEqual(expected);
          expect(found.weight).toEqual(forest.weight);
        }
      }
    }
  });
});

describe('core similarity', () => {
  it('says at which eps a voxel is core, for every number of participants at once', async () => {
    const vectors = clumpedVectors(8, [30, 25, 35, 20], 12, 0.5);
    const nearest = await nearestByParticipant(vectors);
    for (const minParticipants of [1, 2, 3]) {
      const level = coreSimilarity(nearest, minParticipants);
      const grid = [0.05, 0.2, 0.4, 0.8];
      const counts = countCores(nearest, minParticipants, grid);
      for (const [e, eps] of grid.entries()) {
        const { core } = await clusterConcepts(vectors, { eps, minParticipants, nearest });
        core.forEach((own, p) => {
          expect([...own]).toEqual(Array.from(level[p]!, (s) => Number(1 - s < eps)));
          expect(counts.data[e * 4 + p]).toBe(own.reduce((a, b) => a + b, 0));
        });
      }
    }
  });

  it('gives the curves that a chart draws: all participants together, a line for each minParticipants', async () => {
    const vectors = clumpedVectors(9, [20, 25, 15, 20], 12, 0.5);
    const nearest = await nearestByParticipant(vectors);
    const curves = coreCurves(nearest, [0.05, 0.3, 0.7], [1, 3]);
    expect(curves.core.shape).toEqual([2, 3]);
    for (const [line, minParticipants] of curves.minParticipants.entries()) {
      for (const [e, eps] of curves.eps.entries()) {
        const { core } = await clusterConcepts(vectors, { eps, minParticipants, nearest });
        const nCores = core.flatMap((own) => [...own]).reduce((a, b) => a + b, 0);
        expect(curves.core.data[line * 3 + e], `${minParticipants} at ${eps}`).toBe(nCores);
      }
    }
    expect(curves.core.data.some((count) => count > 0)).toBe(true);
    expect(() => coreCurves(nearest, [2.5], [1])).toThrow('eps is 2.5; must be');
  });

  it('is −∞ for voxels that too few participants can be near', async () => {
    const vectors = [matrix(1, 2, Float32Array.of(1, 0)), matrix(1, 2, Float32Array.of(1, 0)), matrix(0, 2)];
    const nearest = await nearestByParticipant(vectors);
    expect(coreSimilarity(nearest, 2)[0]).toEqual(Float64Array.of(Number.NEGATIVE_INFINITY));
    expect(coreSimilarity(nearest, 1)[0]).toEqual(Float64Array.of(1));
  });
});

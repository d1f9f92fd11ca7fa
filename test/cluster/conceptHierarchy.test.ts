import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  clusterConcepts,
  conceptHierarchy,
  cutHierarchy,
  nearestByParticipant,
} from '../../src/cluster/index.js';
import { type Matrix, matrix, takeRows } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { clumpedVectors } from './random.js';

/** Core points' labels, as a partition that does not depend on the numbering of clusters. */
function partition(labels: readonly Int32Array[], core?: readonly Uint8Array[]): string {
  const names = new Map<number, number>();
  return labels
    .map((own, p) =>
      Array.from(own, (label, v) => {
        if (label < 0 || (core && !core[p]![v])) return '.';
        if (!names.has(label)) names.set(label, names.size);
        return names.get(label);
      }).join(' '),
    )
    .join(' | ');
}

async function expectCutsEqual(
  vectors: readonly Matrix[],
  minParticipants: number,
  grid: number[],
  engine: string,
) {
  const hierarchy = await conceptHierarchy(vectors, { minParticipants, engine });
  for (const eps of grid) {
    const { labels, core } = await clusterConcepts(vectors, { eps, minParticipants });
    expect(partition(cutHierarchy(hierarchy, eps))).toBe(partition(labels, core));
  }
}

function quantileOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const at = share * (sorted.length - 1);
  const low = Math.floor(at);
  return sorted[low]! + (at - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!);
}

describe('conceptHierarchy', () => {
  it('has the core partition of clusterConcepts at every cut', async () => {
    const vectors = clumpedVectors(11, [80, 70, 0, 90, 60], 20, 0.5, 4);
    const grid = Array.from({ length: 30 }, (_, k) => 0.05 + 0.04 * k);
    await expectCutsEqual(vectors, 2, grid, 'reference');
    await expectCutsEqual(vectors, 2, grid, 'cpu');
  });

  it('has it among ties, duplicates, zero vectors and empty participants', async () => {
    const whole = fc.integer({ min: -1, max: 2 });
    const participants = fc.array(fc.array(fc.tuple(whole, whole, whole), { maxLength: 7 }), {
      minLength: 2,
      maxLength: 5,
    });
    const run = async (study: number[][][], k: number) => {
      const vectors = study.map((own) => matrix(own.length, 3, Float32Array.from(own.flat())));
      await expectCutsEqual(
        vectors,
        1 + (k % (vectors.length - 1)),
        [0.02, 0.1, 0.125, 0.25, 0.5, 1, 1.5],
        'reference',
      );
    };
    await fc.assert(fc.asyncProperty(participants, fc.nat(9), run), { numRuns: 100, seed: 2 });
  });

  it('selects planted directions and nothing else, with no eps given', async () => {
    const nParticipants = 5;
    const stream = randomStream(4, 'planted');
    const directions = stream.normals(new Float32Array(3 * 64));
    const planted: number[][] = [];
    const vectors = Array.from({ length: nParticipants }, (_, p) => {
      const own = matrix(120, 64);
      planted.push([]);
      for (let v = 0; v < 120; v++) {
        // Concept 2 is in three participants only: too few for minParticipants 3.
        const concept = v < 75 ? v % 3 : 3;
        const has = concept < 2 || (concept === 2 && p < 3);
        planted[p]!.push(has && concept < 2 ? concept : -1);
        for (let k = 0; k < 64; k++)
          own.data[v * 64 + k] = (has ? directions[concept * 64 + k]! : 0) + 0.5 * stream.normal();
      }
      return own;
    });
    const { labels, nClusters, vectors: found, counts } = await conceptHierarchy(vectors);
    expect(nClusters).toBe(2);
    for (let cluster = 0; cluster < 2; cluster++) {
      const inside = labels.flatMap((own, p) => planted[p]!.filter((_, v) => own[v] === cluster));
      expect(new Set(inside).size).toBe(1);
      expect(inside[0]).toBeGreaterThanOrEqual(0);
      expect(inside.length).toBeGreaterThan(0.9 * 25 * nParticipants);
      expect(counts.data.slice(5 * cluster, 5 * cluster + 5).reduce((a, b) => a + b, 0)).toBe(inside.length);
    }
    expect(found.shape).toEqual([2, 64]);
  });

  it('keeps out a related concept of too few participants, and its border what noisy voxels its cut leaves out', async () => {
    const nParticipants = 6;
    const stream = randomStream(5, 'related');
    const normals = () => stream.normals(new Float32Array(256));
    const [first, second, other] = [normals(), normals(), normals()];
    // At cosine 0.5 to the first, in three participants: its voxels have their third neighbour in the first.
    const related = first.map((x, k) => 0.5 * x + Math.sqrt(0.75) * other[k]!);
    const planted: number[][] = [];
    const vectors = Array.from({ length: nParticipants }, (_, p) => {
      const own = matrix(130, 256);
      planted.push(
        Array.from({ length: 130 }, (_, v) => (v < 30 ? 0 : v < 60 ? 1 : v < 90 && p < 3 ? 2 : -1)),
      );
      for (let v = 0; v < 130; v++) {
        const direction = [first, second, related][planted[p]![v]!];
        const noise = direction ? 0.5 + stream.uniform() : 1;
        for (let k = 0; k < 256; k++) own.data[v * 256 + k] = (direction?.[k] ?? 0) + noise * stream.normal();
      }
      return own;
    });
    const { labels, nClusters, coreCounts } = await conceptHierarchy(vectors);
    expect(nClusters).toBe(2);
    for (let cluster = 0; cluster < 2; cluster++) {
      const inside = labels.flatMap((own, p) => planted[p]!.filter((_, v) => own[v] === cluster));
      expect(new Set(inside).size).toBe(1);
      expect(inside[0]).toBeLessThan(2);
      expect(inside.length).toBeGreaterThan(0.97 * 30 * nParticipants);
      const cores = coreCounts.data.slice(6 * cluster, 6 * cluster + 6).reduce((a, b) => a + b, 0);
      expect(cores).toBeLessThan(0.95 * 30 * nParticipants);
    }
  });

  it('gives branches that are components of their cut, and stabilities that add up over their voxels', async () => {
    const vectors = clumpedVectors(12, [90, 80, 70, 100], 16, 0.45, 4);
    const options = { minParticipants: 2, minSize: 8, minPersistence: 0 };
    const hierarchy = await conceptHierarchy(vectors, options);
    expect(hierarchy.nClusters).toBeGreaterThan(2);
    const nearest = await nearestByParticipant(vectors);
    let [borders, further] = [0, 0];
    hierarchy.selected.forEach((b, cluster) => {
      const branch = hierarchy.branches[b]!;
      expect(branch.topEps).toBeLessThan(branch.birthEps);
      expect(branch.persistence).toBeCloseTo(branch.stability / branch.size, 12);
      // At its own eps the cluster is one whole component of core points.
      const eps = hierarchy.eps[cluster]!;
      expect(eps).toBeGreaterThanOrEqual(branch.topEps);
      expect(eps).toBeLessThan(branch.birthEps);
      const cut = cutHierarchy(hierarchy, eps + 1e-12);
      const own = hierarchy.labels.flatMap((part, p) =>
        [...part].map((label, v) => (label === cluster ? cut[p]![v] : -1)),
      );
      const inside = own.filter((label) => label !== -1);
      const [whole, ...others] = new Set(inside);
      expect(others).toEqual([]);
      expect(cut.flatMap((part) => [...part]).filter((label) => label === whole).length).toBe(inside.length);
      expect(inside.length).toBeLessThanOrEqual(branch.size);
      // What else is labelled is not core there, and its nearest voxel of another participant that is lies within eps;
      // or else it is the nearest of all, within the fence of the eps at which the core voxels leave, and before birth.
      const [birth, top] = [Math.log(branch.birthEps), Math.log(branch.topEps)];
      const leaving = hierarchy.strength.flatMap((part, p) =>
        [...part].flatMap((strength, v) => (cut[p]![v] === whole ? [birth + strength * (top - birth)] : [])),
      );
      const [lower, upper] = [0.25, 0.75].map((share) => quantileOf(leaving, share)) as [number, number];
      const reach = Math.min(branch.birthEps, Math.exp(upper + 1.5 * (upper - lower)));
      hierarchy.labels.forEach((part, p) => {
        part.forEach((label, v) => {
          if (label !== cluster || cut[p]![v] === whole) return;
          borders++;
          expect(cut[p]![v]).toBe(-1);
          const reached = Array.from(nearest.voxel[p]!.data.subarray(4 * v, 4 * v + 4), (w, q) =>
            w >= 0 && cut[q]![w] === whole ? nearest.similarity[p]!.data[4 * v + q]! : -2,
          );
          const distance = 1 - Math.max(...reached);
          if (distance <= eps) return;
          further++;
          const toOthers = nearest.similarity[p]!.data.slice(4 * v, 4 * v + 4).filter((_, q) => q !== p);
          expect(Math.max(...reached)).toBe(Math.max(...toOthers));
          expect(distance).toBeLessThan(reach + 1e-6);
        });
      });
    });
    expect(further).toBeGreaterThan(0);
    expect(borders).toBeGreaterThan(further);
    const strongest = hierarchy.strength.flatMap((own) => [...own]);
    expect(Math.max(...strongest)).toBe(1);
    expect(Math.min(...strongest)).toBe(0);
  });

  it('selects stability exactly where exhaustive search finds it', async () => {
    const vectors = clumpedVectors(13, [60, 60, 60, 60], 10, 0.5, 5);
    const { branches, selected } = await conceptHierarchy(vectors, {
      minParticipants: 2,
      minSize: 4,
      minPersistence: 0,
    });
    expect(branches.length).toBeGreaterThan(4);
    expect(branches.length).toBeLessThan(20);
    const ancestors = (b: number): number[] =>
      branches[b]!.parent < 0 ? [] : [branches[b]!.parent, ...ancestors(branches[b]!.parent)];
    let best = 0;
    for (let mask = 0; mask < 2 ** branches.length; mask++) {
      const chosen = branches.map((_, b) => b).filter((b) => mask & (1 << b));
      const valid = chosen.every(
        (b) => branches[b]!.parent >= 0 && !ancestors(b).some((a) => mask & (1 << a)),
      );
      if (valid)
        best = Math.max(
          best,
          chosen.reduce((sum, b) => sum + branches[b]!.stability, 0),
        );
    }
    expect(selected.reduce((sum, b) => sum + branches[b]!.stability, 0)).toBeCloseTo(best, 9);
  });

  it('is the same for permuted voxels and participants, and for any threads', async () => {
    const vectors = clumpedVectors(14, [60, 50, 70], 16, 0.4);
    const options = { minParticipants: 2, minSize: 5, minPersistence: 0 };
    const shape = ({ branches }: Awaited<ReturnType<typeof conceptHierarchy>>) =>
      branches.map((b) => [b.birthEps, b.topEps, b.size, b.participants].join(' ')).sort();
    const plain = await conceptHierarchy(vectors, options);
    const stream = randomStream(1, 'order');
    const permuted = [2, 0, 1].map((p) => takeRows(vectors[p]!, stream.permutation(vectors[p]!.shape[0])));
    expect(shape(await conceptHierarchy(permuted, options))).toEqual(shape(plain));
    const threaded = await conceptHierarchy(vectors, { ...options, engine: 'cpu', threads: 3 });
    expect(threaded.labels).toEqual(plain.labels);
    expect(shape(threaded)).toEqual(shape(plain));
  });

  it('ends at maxEps, where roots may be selected, and says so of what it refuses', async () => {
    const vectors = clumpedVectors(15, [40, 40, 40], 16, 0.3, 1);
    const options = { minParticipants: 2, minSize: 5 };
    const whole = await conceptHierarchy(vectors, options);
    const short = await conceptHierarchy(vectors, { ...options, maxEps: 0.4 });
    expect(short.nClusters).toBe(1);
    expect(short.branches.every((branch) => branch.birthEps <= 0.4)).toBe(true);
    expect(cutHierarchy(short, 0.3)).toEqual(cutHierarchy(whole, 0.3));
    expect(() => cutHierarchy(short, 0.5)).toThrow("eps is 0.5; must be at most the hierarchy's maxEps, 0.4");
    await expect(conceptHierarchy(vectors, { ...options, minSize: 1 })).rejects.toThrow('minSize is 1');
    await expect(conceptHierarchy(vectors, { ...options, maxEps: 3 })).rejects.toThrow(
      'maxEps is 3; must be in (0, 2)',
    );
  });
});

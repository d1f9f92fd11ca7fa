import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  adjustedMutualInformation,
  adjustedRandIndex,
  clusterConcepts,
  clusterPooled,
  clusterSpherical,
  clusterStability,
  clusterWithinParticipants,
  compareClusterings,
  independentConcepts,
  leaveParticipantsOut,
  matchClusters,
  principalConcepts,
} from '../../src/cluster/index.js';
import { assign } from '../../src/cluster/matchClusters.js';
import { type Matrix, matrix, rowOf } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';
import { clumpedVectors } from './random.js';

interface Golden {
  agreement: { a: number[]; b: number[]; ari: number; ami: number }[];
  plain: {
    nDims: number;
    eps: number;
    minParticipants: number;
    labels: number[];
    core: number[];
    vectors: number[];
  }[];
}
const golden: Golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/cluster.json'), 'utf8'));

/** Participants with three shared directions of 20 voxels each and, in the first alone, a fourth of 40. */
function study(): { vectors: Matrix[]; planted: Int32Array[]; directions: Matrix } {
  const stream = randomStream(9, 'comparisons');
  const directions = matrix(4, 48, stream.normals(new Float32Array(4 * 48)));
  const planted = Array.from({ length: 5 }, (_, p) =>
    Int32Array.from({ length: 100 }, (_, v) => (v < 60 ? v % 3 : p === 0 ? 3 : -1)),
  );
  const vectors = planted.map((own) => {
    const m = matrix(100, 48);
    own.forEach((concept, v) => {
      for (let k = 0; k < 48; k++) {
        m.data[v * 48 + k] = (concept < 0 ? 0 : directions.data[concept * 48 + k]!) + 0.5 * stream.normal();
      }
    });
    return m;
  });
  return { vectors, planted, directions };
}

describe('agreement of labellings', () => {
  it('equals scikit-learn', () => {
    for (const { a, b, ari, ami } of golden.agreement) {
      expect(adjustedRandIndex(a, b)).toBeCloseTo(ari, 12);
      expect(adjustedMutualInformation(a, b)).toBeCloseTo(ami, 10);
    }
  });

  it('is 1 for the same partition under other names, and named errors for other lengths', () => {
    expect(adjustedRandIndex([0, 0, 1, -1], [5, 5, 2, 0])).toBe(1);
    expect(adjustedMutualInformation([0, 0, 1, -1], [5, 5, 2, 0])).toBeCloseTo(1, 12);
    expect(() => adjustedRandIndex([0], [0, 1])).toThrow('number of labels is 2; must be 1');
    expect(() => adjustedRandIndex([], [])).toThrow('number of labels is 0');
  });
});

describe('matchClusters', () => {
  it('assigns as exhaustive search does', () => {
    const gains = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([n, m]) =>
      fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: m, maxLength: m }), {
        minLength: n,
        maxLength: n,
      }),
    );
    const best = (gain: number[][], row: number, used: Set<number>): number => {
      if (row === gain.length) return 0;
      let most = best(gain, row + 1, used);
      gain[row]!.forEach((g, column) => {
        if (!used.has(column)) most = Math.max(most, g + best(gain, row + 1, new Set([...used, column])));
      });
      return most;
    };
    fc.assert(
      fc.property(gains, (gain) => {
        const assigned = assign(
          gain.map((row) => Float64Array.from(row)),
          gain[0]!.length,
        );
        const columns = [...assigned].filter((column) => column >= 0);
        expect(new Set(columns).size).toBe(columns.length);
        const total = assigned.reduce((sum, column, row) => sum + (column < 0 ? 0 : gain[row]![column]!), 0);
        expect(total).toBe(best(gain, 0, new Set()));
      }),
      { numRuns: 100, seed: 3 },
    );
  });

  it('finds each cluster again under another number, with its voxels', async () => {
    const { vectors } = study();
    const clusters = await clusterConcepts(vectors, { eps: 0.5 });
    expect(clusters.nClusters).toBe(3);
    const turned = {
      labels: clusters.labels.map((own) => own.map((label) => (label < 0 ? label : (label + 1) % 3))),
      vectors: matrix(3, 48, Float32Array.from([2, 0, 1].flatMap((k) => [...rowOf(clusters.vectors, k)]))),
    };
    const { partner, cosine, overlap } = matchClusters(clusters, turned);
    expect([...partner]).toEqual([1, 2, 0]);
    for (const s of cosine) expect(s).toBeCloseTo(1, 6);
    expect([...overlap]).toEqual([1, 1, 1]);
  });
});

describe('comparisons', () => {
  it.each(
    golden.plain,
  )('clusterPooled has the core partition and the noise of scikit-learn, eps $eps', async (example) => {
    const n = example.labels.length;
    const cut = Math.floor(n / 3);
    const whole = matrix(n, example.nDims, Float32Array.from(example.vectors));
    const at = cut * example.nDims;
    const parts = [
      matrix(cut, example.nDims, whole.data.slice(0, at)),
      matrix(n - cut, example.nDims, whole.data.slice(at)),
    ];
    for (const engine of ['reference', 'cpu']) {
      const { labels } = await clusterPooled(parts, {
        eps: example.eps,
        minVoxels: example.minParticipants + 1,
        engine,
      });
      const ours = labels.flatMap((own) => [...own]);
      const pairs = new Set<string>();
      ours.forEach((label, v) => {
        expect(label < 0).toBe(example.labels[v]! < 0);
        if (example.core[v]) pairs.add(`${label} ${example.labels[v]}`);
      });
      expect(pairs.size).toBe(Math.max(...example.labels) + 1);
      expect(Math.max(...ours) + 1).toBe(pairs.size);
    }
  });

  it('tell apart what is shared from what one participant has', async () => {
    const { vectors, planted } = study();
    const shared = await clusterConcepts(vectors, { eps: 0.5 });
    const pooled = await clusterPooled(vectors, { eps: 0.5 });
    const within = await clusterWithinParticipants(vectors, { eps: 0.5 });
    const spherical = await clusterSpherical(vectors, 4, { seed: 1 });
    const principal = await principalConcepts(vectors, 4);
    const table = compareClusterings(shared, { pooled, within, spherical, principal });
    expect(table['method']).toEqual(['shared', 'pooled', 'within', 'spherical', 'principal']);
    // Pooled DBSCAN also takes the first participant's own direction; within, each finds the three again by itself.
    expect(table['clusters']).toEqual([3, 4, 16, 4, 4]);
    expect((table['shared'] as number[]).slice(0, 3)).toEqual([3, 3, 0]);
    const ari = table['ari'] as number[];
    expect(ari[0]).toBe(1);
    expect(ari[1]).toBeGreaterThan(0.8);
    expect(Math.max(...ari.slice(2))).toBeLessThan(0.8);
    expect((table['matched'] as number[])[1]).toBe(3);
    const truth = planted.flatMap((own) => [...own]);
    expect(
      adjustedRandIndex(
        truth,
        pooled.labels.flatMap((own) => [...own]),
      ),
    ).toBeGreaterThan(0.95);
  });

  it('clusterSpherical ends where every voxel is at its nearest centre and every centre is its voxels’ mean, on any engine', async () => {
    const stream = randomStream(1, 'spherical');
    const vectors = [300, 250, 7].map((n) => matrix(n, 37, stream.normals(new Float32Array(n * 37))));
    for (const { data } of vectors) data.copyWithin(37, 0, 37); // two equal rows
    const found = await clusterSpherical(vectors, 6, { seed: 1, nStarts: 3, engine: 'cpu' });
    expect(await clusterSpherical(vectors, 6, { seed: 1, nStarts: 3, engine: 'wasm' })).toEqual(found);
    const unit = (x: ArrayLike<number>) => {
      const norm = Math.hypot(...Array.from(x));
      return Array.from(x, (value) => value / norm);
    };
    const centres = Array.from({ length: 6 }, (_, c) => rowOf(found.vectors, c));
    const sums = centres.map((centre) => new Float64Array(centre.length));
    for (const [p, own] of vectors.entries()) {
      for (const [v, c] of found.labels[p]!.entries()) {
        const x = unit(rowOf(own, v));
        const cosines = centres.map((centre) => x.reduce((sum, value, d) => sum + value * centre[d]!, 0));
        expect(cosines[c]).toBeGreaterThan(Math.max(...cosines) - 1e-6);
        x.forEach((value, d) => {
          sums[c]![d]! += value;
        });
      }
    }
    for (const [c, sum] of sums.entries()) {
      for (const [d, value] of unit(sum).entries()) expect(value).toBeCloseTo(centres[c]![d]!, 6);
    }
  });

  it('clusterSpherical repeats for its seed, keeps zero vectors out, and finds planted directions', async () => {
    const { vectors, directions } = study();
    vectors[2]!.data.fill(0, 0, 48);
    const run = () => clusterSpherical(vectors, 5, { seed: 3, nStarts: 5 });
    const found = await run();
    expect(await run()).toEqual(found);
    expect(found.labels[2]![0]).toBe(-1);
    const unit = matrix(4, 48);
    for (let k = 0; k < 4; k++) {
      const row = rowOf(directions, k);
      const norm = Math.hypot(...row);
      unit.data.set(
        row.map((x) => x / norm),
        k * 48,
      );
    }
    const { partner } = matchClusters(
      { labels: [], vectors: unit },
      { labels: [], vectors: found.vectors },
      0.9,
    );
    expect([...partner].filter((l) => l >= 0).length).toBe(4);
    await expect(clusterSpherical(vectors, 0)).rejects.toThrow('k is 0; must be an integer from 1 to 499');
  });

  it('principalConcepts gives orthogonal directions in the order of their variance', async () => {
    const { vectors } = study();
    const { vectors: components, explained, labels } = await principalConcepts(vectors, 6);
    for (let a = 0; a < 6; a++) {
      for (let b = 0; b <= a; b++) {
        const s = rowOf(components, a).reduce((sum, x, d) => sum + x * rowOf(components, b)[d]!, 0);
        expect(s).toBeCloseTo(a === b ? 1 : 0, 5);
      }
    }
    expect([...explained]).toEqual([...explained].sort((a, b) => b - a));
    // Four planted directions make four components that stand out.
    expect(explained[3]! / explained[4]!).toBeGreaterThan(2.5);
    expect(labels.map((own) => own.length)).toEqual([100, 100, 100, 100, 100]);
  });
});

describe('independentConcepts', () => {
  interface Ica {
    nDims: number;
    k: number;
    sizes: number[];
    vectors: number[];
    mixing: number[];
  }
  const ica: Ica = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/ica.json'), 'utf8'));
  const goldenVectors = () => {
    let at = 0;
    return ica.sizes.map((size) =>
      matrix(size, ica.nDims, Float32Array.from(ica.vectors.slice(at, (at += size * ica.nDims)))),
    );
  };

  it('gives the mixing directions of scikit-learn’s FastICA, up to order and sign, whatever the seed', async () => {
    for (const seed of [0, 1]) {
      const found = await independentConcepts(goldenVectors(), ica.k, {
        seed,
        tolerance: 1e-12,
        maxIterations: 2000,
      });
      expect(found.converged).toBe(true);
      const partners = Array.from({ length: ica.k }, (_, c) => {
        const expected = ica.mixing.slice(c * ica.nDims, (c + 1) * ica.nDims);
        const cosines = Array.from({ length: ica.k }, (_, own) =>
          Math.abs(rowOf(found.vectors, own).reduce((sum, y, d) => sum + y * expected[d]!, 0)),
        );
        const most = Math.max(...cosines);
        expect(most).toBeGreaterThan(1 - 1e-6);
        return cosines.indexOf(most);
      });
      expect([...partners].sort()).toEqual([0, 1, 2, 3]);
    }
  });

  it('finds planted directions, is the same for the same seed, and takes its place in the table', async () => {
    const { vectors, directions } = study();
    const found = await independentConcepts(vectors, 4);
    expect(await independentConcepts(vectors, 4)).toEqual(found);
    const planted = { labels: found.labels, vectors: directions };
    const { partner } = matchClusters(planted, found);
    expect([...partner].filter((c) => c >= 0).length).toBe(4);
    const table = compareClusterings(planted, { 'independent components': found }, 'planted');
    expect(table['method']).toEqual(['planted', 'independent components']);
    expect(table['clusters']).toEqual([4, 4]);
  });

  it('says when it has not settled, and names a number of components out of range', async () => {
    const vectors = goldenVectors();
    const short = await independentConcepts(vectors, ica.k, { maxIterations: 1 });
    expect(short).toMatchObject({ iterations: 1, converged: false });
    await expect(independentConcepts(vectors, 1)).rejects.toThrow('k is 1; must be an integer from 2 to 10');
    const flat = vectors.map((own) =>
      matrix(
        own.shape[0],
        12,
        Float32Array.from({ length: own.shape[0] * 12 }, (_, at) =>
          at % 12 < 2 ? own.data[Math.floor(at / 12) * 10 + (at % 12)]! : 0,
        ),
      ),
    );
    await expect(independentConcepts(flat, 5)).rejects.toThrow(
      'k is 5; must be at most the rank of the vectors',
    );
  });
});

describe('clusterStability', () => {
  it('scores what comes back without a participant, and what does not', async () => {
    const { vectors } = study();
    const reference = await clusterConcepts(vectors, { eps: 0.5 });
    const repeats = await leaveParticipantsOut(vectors, { eps: 0.5 });
    expect(repeats.map(({ participants }) => participants)[1]).toEqual([0, 2, 3, 4]);
    const { reproducibility, found, cosine } = clusterStability(reference, repeats);
    expect([...found]).toEqual([1, 1, 1]);
    for (const score of reproducibility) expect(score).toBeGreaterThan(0.95);
    for (const s of cosine) expect(s).toBeGreaterThan(0.98);
    const noise = clumpedVectors(3, [100, 100, 100, 100, 100], 48, 0.1, 2);
    const other = await clusterConcepts(noise, { eps: 0.1 });
    expect(other.nClusters).toBe(2);
    const lost = clusterStability(reference, [{ clusters: reference }, { clusters: other }]);
    expect([...lost.found]).toEqual([0.5, 0.5, 0.5]);
    expect([...lost.reproducibility]).toEqual([0.5, 0.5, 0.5]);
  });
});

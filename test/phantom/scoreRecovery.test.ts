import { describe, expect, it } from 'vitest';
import { type PlantedTruth, recoveryCounts, scoreRecovery } from '../../src/phantom/index.js';
import { matrix } from '../../src/util/array.js';

const concept = (name: string, kind: 'shared' | 'rare', participants: number[]) => ({
  ...{ name, kind, participants, shared: kind === 'shared', source: 'meaning' as const, word: name },
  ...{ regions: ['FFA'], hemispheres: ['left' as const] },
});

/** Two participants of six voxels; a and b shared, c rare; three dimensions, bent = planted turned a little. */
const truth: PlantedTruth = {
  minParticipants: 1,
  concepts: [concept('a', 'shared', [0, 1]), concept('b', 'shared', [0, 1]), concept('c', 'rare', [0])],
  directions: matrix(3, 3, Float32Array.from([1, 0, 0, 0, 1, 0, 0, 0, 1])),
  bent: matrix(3, 3, Float32Array.from([0.8, 0.6, 0, 0, 0.8, 0.6, 0.6, 0, 0.8])),
  labels: [Int32Array.from([0, 0, 1, 1, 2, -1]), Int32Array.from([0, 0, 1, 1, -1, -1])],
};
const clusters = (labels: number[][], vectors: number[][]) => ({
  labels: labels.map((list) => Int32Array.from(list)),
  vectors: matrix(vectors.length, 3, Float32Array.from(vectors.flat())),
});

describe('scoreRecovery', () => {
  it('finds everything where labels and directions are exactly the planted ones', () => {
    const exact = clusters(
      [
        [1, 1, 0, 0, -1, -1],
        [1, 1, 0, 0, -1, -1],
      ],
      [
        [0, 2, 0],
        [3, 0, 0],
      ],
    );
    const score = scoreRecovery(truth, exact, { vectors: 'patterns' });
    expect(score.planted.map(({ found, cluster }) => [found, cluster])).toEqual([
      [true, 1],
      [true, 0],
      [false, null],
    ]);
    expect(score.planted[0]).toMatchObject({ cosine: 1, precision: 1, recall: 1, nPlanted: 4 });
    expect(score.planted[0]!.bentCosine).toBeCloseTo(0.8, 6);
    expect(score.planted[2]).toMatchObject({ nPlanted: 1, missedParticipants: [0] });
    expect(score).toMatchObject({ vectors: 'patterns', falseClusters: 0, splitClusters: 0, ari: 1 });
  });

  it('takes a bent direction for the planted one, and neither for a foreign one', () => {
    const labels = [
      [0, 0, -1, -1, -1, -1],
      [0, 0, -1, -1, -1, -1],
    ];
    const bent = scoreRecovery(truth, clusters(labels, [[0.5, 0.87, 0]]), { minBentCosine: 0.9 });
    expect(bent.planted[0]).toMatchObject({ found: true });
    expect(bent.planted[0]!.cosine).toBeLessThan(0.75);
    const foreign = scoreRecovery(truth, clusters(labels, [[0, 0, 1]]));
    expect(foreign.planted[0]).toMatchObject({ found: false, precision: 1, recall: 1, cosine: 0 });
  });

  it('counts precision and recall in voxels, and participants missed and wrong', () => {
    const score = scoreRecovery(
      truth,
      clusters(
        [
          [0, 0, -1, -1, -1, 0],
          [-1, -1, -1, -1, -1, -1],
        ],
        [[1, 0, 0]],
      ),
    );
    expect(score.planted[0]).toMatchObject({ found: false, recall: 0.5, missedParticipants: [1] });
    expect(score.planted[0]!.precision).toBeCloseTo(2 / 3, 12);
    expect(score.planted[1]).toMatchObject({ found: false, cluster: null, precision: null });
  });

  it('tells a false cluster from a split one, and reports a rare concept that was found', () => {
    const score = scoreRecovery(
      truth,
      clusters(
        [
          [0, 0, 3, 3, 2, 4],
          [1, 1, 3, 3, -1, 4],
        ],
        [
          [1, 0, 0],
          [1, 0, 0],
          [0, 0, 1],
          [0, 1, 0],
          [1, 1, 1],
        ],
      ),
    );
    expect(score.splitClusters).toBe(1);
    expect(score.falseClusters).toBe(2); // the rare concept's and that of voxels planted for nothing
    expect(score.planted[0]).toMatchObject({ found: false, recall: 0.5, wrongParticipants: [] });
    expect(score.planted[2]).toMatchObject({ shared: false, found: true, cluster: 2 });
  });

  it('gives a merged cluster to nobody when no concept has the majority', () => {
    const merged = scoreRecovery(
      truth,
      clusters(
        [
          [0, 0, 0, 0, -1, -1],
          [0, 0, 0, 0, -1, -1],
        ],
        [[1, 1, 0]],
      ),
    );
    expect(merged.planted.every(({ found, cluster }) => !found && cluster === null)).toBe(true);
    expect(merged.falseClusters).toBe(1);
  });

  it('scores no clusters at all as nothing found and an index of 0', () => {
    const none = new Array(6).fill(-1);
    const score = scoreRecovery(truth, clusters([none, none], []));
    expect(score).toMatchObject({ falseClusters: 0, splitClusters: 0, ari: 0 });
    expect(score.planted.some(({ found }) => found)).toBe(false);
  });

  it('refuses labels that do not fit', () => {
    expect(() => scoreRecovery(truth, clusters([[0]], [[1, 0, 0]]))).toThrow('participants with labels is 1');
    expect(() => scoreRecovery(truth, clusters([[0], [0]], [[1, 0, 0]]))).toThrow(
      'labels of participant 0 is 1; must be 6',
    );
    const outside = [0, 0, 0, 0, 0, 1];
    expect(() => scoreRecovery(truth, clusters([outside, outside], [[1, 0, 0]]))).toThrow('label is 1');
  });
});

describe('recoveryCounts', () => {
  it('counts what was found, the traps taken, and clusters of nothing', () => {
    // One cluster for a, none for b, one for the rare c, one of voxels where nothing was planted.
    const labels = [
      [0, 0, -1, -1, 1, 2],
      [0, 0, -1, -1, -1, 2],
    ];
    const vectors = [
      [1, 0, 0],
      [0, 0, 1],
      [1, 1, 1],
    ];
    const counts = recoveryCounts(scoreRecovery(truth, clusters(labels, vectors)));
    expect(counts).toMatchObject({ shared: 2, found: 1, traps: 1, falseClusters: 2 });
    expect(counts.ari).toBeLessThan(1);
  });
});

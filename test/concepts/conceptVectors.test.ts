import { describe, expect, it } from 'vitest';
import { conceptVectors } from '../../src/concepts/index.js';
import { matrix, rowOf } from '../../src/util/index.js';

const vectors = [
  matrix(3, 2, Float32Array.of(2, 0, 0, 5, 1, 0)),
  matrix(2, 2, Float32Array.of(0, 0.5, 7, 7)),
];
const labels = [Int32Array.of(0, 0, 0), Int32Array.of(0, -1)];

describe('conceptVectors', () => {
  it('is the mean of unit vectors, so that long voxels weigh no more, scaled to unit length', () => {
    const { pooled, counts } = conceptVectors(vectors, labels);
    expect(pooled.data[0]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(pooled.data[1]).toBeCloseTo(Math.SQRT1_2, 6);
    expect(counts).toEqual([[3, 1]]);
  });

  it('weighs participants alike where asked to', () => {
    const { pooled, byParticipant } = conceptVectors(vectors, labels, { weighting: 'participants' });
    const own = [2 / Math.sqrt(5), 1 / Math.sqrt(5)];
    expect(byParticipant[0]!.data[0]).toBeCloseTo(own[0]!, 6);
    const length = Math.hypot(own[0]!, own[1]! + 1);
    expect(pooled.data[0]).toBeCloseTo(own[0]! / length, 6);
    expect(pooled.data[1]).toBeCloseTo((own[1]! + 1) / length, 6);
  });

  it('is NaN, not zero, for a participant without voxels of the concept', () => {
    const { byParticipant } = conceptVectors(vectors, [Int32Array.of(0, 1, -1), Int32Array.of(0, -1)]);
    expect(Array.from(rowOf(byParticipant[1]!, 1))).toEqual([Number.NaN, Number.NaN]);
  });

  it('names what does not fit', () => {
    expect(() => conceptVectors(vectors, [labels[0]!])).toThrow('number of label arrays is 1; must be 2');
    expect(() => conceptVectors(vectors, [Int32Array.of(0), labels[1]!])).toThrow('labels of participant 0');
    expect(() => conceptVectors(vectors, labels, { nConcepts: 2 })).toThrow('voxels of concept 1 is 0');
    expect(() => conceptVectors([matrix(1, 2)], [Int32Array.of(0)])).toThrow('length of vector 0');
  });
});

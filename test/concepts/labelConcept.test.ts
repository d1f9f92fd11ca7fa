import { describe, expect, it } from 'vitest';
import { labelConcept } from '../../src/concepts/index.js';
import { matrix, rowOf } from '../../src/util/index.js';
import { cosine, normalMatrix } from './helpers.js';

const nDims = 24;
const names = Array.from({ length: 60 }, (_, i) => `word ${i}`);
/** Words in a narrow cone: a large mean direction that they share, and own directions of differing strength. */
function coneOfWords() {
  const own = normalMatrix(60, nDims, 'words');
  for (let i = 0; i < 60; i++) {
    for (let d = 0; d < nDims; d++) own.data[i * nDims + d]! *= 0.2 + (i % 7) * 0.15;
    own.data[i * nDims]! += 8;
  }
  return own;
}
type Row = {
  vector: number;
  side: string;
  word: string;
  row: number;
  score: number;
  cosine: number;
  z: number;
};
const rowsOf = (table: { objects(): object[] }) => table.objects() as Row[];

describe('labelConcept', () => {
  const embeddings = coneOfWords();

  it('finds the word whose own direction the concept has, which the plain cosine misses', async () => {
    const own = Float32Array.from({ length: 60 * nDims }, (_, i) => (i % nDims ? embeddings.data[i]! : 0));
    const concepts = matrix(60, nDims, own);
    for (let i = 0; i < 60; i++) concepts.data[i * nDims] = -20;
    const first = async (correction: 'mean' | 'none') => {
      const { table } = await labelConcept(concepts, { names, embeddings }, { top: 1, correction });
      return rowsOf(table).filter((row) => row.side === 'most' && row.row === row.vector).length;
    };
    const [corrected, plain] = [await first('mean'), await first('none')];
    expect(corrected).toBeGreaterThanOrEqual(50);
    expect(plain).toBeLessThan(25);
  });

  it('scores by the cosine with centred words and tells the plain cosine beside it', async () => {
    const concept = normalMatrix(1, nDims, 'concept');
    const { table } = await labelConcept(concept, { names, embeddings }, { top: 60 });
    const units = Array.from({ length: 60 }, (_, i) => {
      const row = rowOf(embeddings, i);
      const length = Math.hypot(...row);
      return Array.from(row, (value) => value / length);
    });
    const mean = units[0]!.map((_, d) => units.reduce((sum, unit) => sum + unit[d]!, 0) / 60);
    const share =
      mean.reduce((sum, m, d) => sum + m * concept.data[d]!, 0) / mean.reduce((s, m) => s + m * m, 0);
    const left = mean.map((m, d) => concept.data[d]! - share * m);
    for (const row of rowsOf(table)) {
      const centred = units[row.row]!.map((value, d) => value - mean[d]!);
      expect(row.score).toBeCloseTo(cosine(left, centred), 5);
      expect(row.cosine).toBeCloseTo(cosine(concept.data, rowOf(embeddings, row.row)), 5);
      expect(row.word).toBe(names[row.row]);
    }
  });

  it('does not change when the concept moves along the image mean that was given', async () => {
    const imageMean = normalMatrix(1, nDims, 'image mean').data;
    const concept = normalMatrix(1, nDims, 'concept');
    const moved = matrix(
      1,
      nDims,
      concept.data.map((value, d) => value + 2 * imageMean[d]!),
    );
    const label = async (vectors: typeof concept) =>
      rowsOf((await labelConcept(vectors, { names, embeddings }, { imageMean })).table).map(
        (row) => row.word,
      );
    expect(await label(moved)).toEqual(await label(concept));
  });

  it('leaves a vocabulary of one word uncorrected', async () => {
    const one = { names: ['only'], embeddings: normalMatrix(1, nDims, 'one') };
    const { table } = await labelConcept(normalMatrix(1, nDims, 'concept'), one);
    expect(rowsOf(table).map((row) => row.word)).toEqual(['only', 'only']);
    expect(rowsOf(table)[0]!.score).toBeCloseTo(rowsOf(table)[0]!.cosine, 6);
  });

  it('names what does not fit', async () => {
    const concept = normalMatrix(1, nDims, 'concept');
    await expect(labelConcept(concept, { names: ['a'], embeddings })).rejects.toThrow(
      'number of words is 1; must be 60',
    );
    await expect(labelConcept(normalMatrix(1, 7, 'c'), { names, embeddings })).rejects.toThrow('nDims');
    const same = matrix(2, nDims, new Float32Array(2 * nDims).fill(1));
    await expect(labelConcept(concept, { names: ['a', 'b'], embeddings: same })).rejects.toThrow(
      'length of word 0 without the mean',
    );
    const bad = coneOfWords();
    bad.data[5 * nDims] = Number.NaN;
    await expect(labelConcept(concept, { names, embeddings: bad })).rejects.toThrow('word embeddings row 5');
  });
});

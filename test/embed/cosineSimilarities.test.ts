import { describe, expect, it } from 'vitest';
import { cosineSimilarities } from '../../src/embed/index.js';
import { matrix, type RowSource, rowOf, rowSource } from '../../src/util/index.js';
import { cosine, normalMatrix } from '../concepts/helpers.js';

describe('cosineSimilarities', () => {
  it('equals the float64 cosine to 1e-6 for any number of vectors, rows and dimensions', async () => {
    for (const [nVectors, nRows, nDims] of [
      [1, 1, 1],
      [3, 127, 5],
      [4, 128, 512],
      [5, 129, 7],
      [9, 300, 30],
    ] as const) {
      const vectors = normalMatrix(nVectors, nDims, `v${nDims}`);
      const embeddings = normalMatrix(nRows, nDims, `e${nDims}`, 0.5);
      const found = await cosineSimilarities(vectors, embeddings);
      expect(found.shape).toEqual([nVectors, nRows]);
      for (let v = 0; v < nVectors; v++) {
        for (let r = 0; r < nRows; r++) {
          const expected = cosine(rowOf(vectors, v), rowOf(embeddings, r));
          expect(Math.abs(found.data[v * nRows + r]! - expected)).toBeLessThan(1e-6);
        }
      }
    }
  });

  it('gives the same bytes from memory, from blocks, and over chosen rows', async () => {
    const vectors = normalMatrix(6, 33, 'v');
    const embeddings = normalMatrix(500, 33, 'e');
    const whole = await cosineSimilarities(vectors, embeddings);
    const source: RowSource = {
      shape: embeddings.shape,
      readRows: (start, end) =>
        rowSource(embeddings).readRows(start, end, new Float32Array((end - start) * 33)),
    };
    expect((await cosineSimilarities(vectors, source)).data).toEqual(whole.data);
    const rows = Int32Array.of(0, 3, 4, 5, 128, 499);
    const some = await cosineSimilarities(vectors, source, { rows });
    expect(Array.from(rowOf(some, 2))).toEqual(Array.from(rows, (row) => whole.data[2 * 500 + row]));
  });

  it('names a row that is zero or not finite, only if it is compared', async () => {
    for (const bad of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      const embeddings = normalMatrix(200, 8, 'e');
      embeddings.data.fill(bad, 150 * 8, 151 * 8);
      await expect(cosineSimilarities(normalMatrix(2, 8, 'v'), embeddings)).rejects.toThrow(
        /length of embeddings row 150 is .*must be positive and finite/,
      );
      const rows = Int32Array.of(149, 151);
      await expect(cosineSimilarities(normalMatrix(2, 8, 'v'), embeddings, { rows })).resolves.toBeDefined();
    }
  });

  it('names a vector without direction and differing dimensions', async () => {
    await expect(cosineSimilarities(matrix(2, 4), normalMatrix(3, 4, 'e'))).rejects.toThrow(
      /length of vectors row 0 is 0/,
    );
    await expect(cosineSimilarities(normalMatrix(2, 4, 'v'), normalMatrix(3, 5, 'e'))).rejects.toThrow(
      /nDims of the vectors is 4; must be 5/,
    );
  });

  it('stops on its signal', async () => {
    const signal = AbortSignal.abort();
    await expect(
      cosineSimilarities(normalMatrix(2, 4, 'v'), normalMatrix(3, 4, 'e'), { signal }),
    ).rejects.toMatchObject({ tag: 'aborted' });
  });
});

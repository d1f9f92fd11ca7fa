import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeHdf5, writeNpy, writeNpz, writeSafetensors } from '../../src/data/index.js';
import { embedImages, nsdStimuli, readEmbeddings } from '../../src/embed/index.js';
import { matrix, rowOf } from '../../src/util/index.js';
import { normalMatrix } from '../concepts/helpers.js';

const folder = mkdtempSync(join(tmpdir(), 'import-'));
const at = (name: string) => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));
const embeddings = normalMatrix(7, 5, 'embeddings');
const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

describe('readEmbeddings', () => {
  it('reads npy, npz, safetensors and HDF5 alike', async () => {
    await writeNpy(at('e.npy'), embeddings);
    await writeNpz(at('e.npz'), { ids: { data: Int32Array.of(1), shape: [1] }, embeddings });
    await writeSafetensors(at('e.safetensors'), { embeddings }, {});
    await writeHdf5(at('e.h5'), embeddings.data, { name: 'embeddings', shape: [7, 5] });
    for (const file of ['e.npy', 'e.npz', 'e.safetensors', 'e.h5']) {
      expect(await readEmbeddings(at(file), { nRows: 7, nDims: 5 }), file).toEqual(embeddings);
    }
    await writeNpy(at('half.npy'), embeddings, { type: 'float16' });
    const half = await readEmbeddings(at('half.npy'));
    for (const [i, value] of half.data.entries()) expect(value).toBeCloseTo(embeddings.data[i]!, 2);
  });

  it('puts rows into the order of the stimuli, by names given or in the file', async () => {
    const stimuli = ['g', 'a', 'd'];
    await writeSafetensors(at('named.safetensors'), { embeddings }, { rows: JSON.stringify(names) });
    for (const found of [
      await readEmbeddings(at('e.npy'), { stimuli, rowNames: names }),
      await readEmbeddings(at('named.safetensors'), { stimuli }),
    ]) {
      expect(found.shape).toEqual([3, 5]);
      for (const [i, row] of [6, 0, 3].entries()) expect(rowOf(found, i)).toEqual(rowOf(embeddings, row));
    }
  });

  it('names a missing or doubled name, and a wrong number of rows or dimensions', async () => {
    const refuse = (options: object, file = 'e.npy') => expect(readEmbeddings(at(file), options)).rejects;
    await refuse({ stimuli: ['a', 'z'], rowNames: names }).toThrow('has no row for the stimulus "z"');
    await refuse({ stimuli: ['a'], rowNames: [...names.slice(1), 'b'] }).toThrow(
      'names "b" twice, in rows 0 and 6',
    );
    await refuse({ rowNames: names.slice(1) }).toThrow('has 7 rows, but there are 6 names');
    await refuse({ stimuli: names.slice(1) }).toThrow('has 7 rows; must have 6');
    await refuse({ nRows: 8 }).toThrow('has 7 rows; must have 8');
    await refuse({ nDims: 512 }).toThrow('has 5 dimensions; must have 512');
    await refuse({ name: 'other' }, 'e.safetensors').toThrow('has no array "other"; it has embeddings');
    await refuse({}, 'e.txt').toThrow('named .npy, .npz');
  });

  it('names the row of a NaN and of zeros, and asks which of two arrays is meant', async () => {
    for (const [value, problem] of [
      [Number.NaN, 'row 4 has a value that is not finite'],
      [0, 'row 4 is all zero'],
    ] as const) {
      const bad = matrix(7, 5, embeddings.data.slice());
      bad.data.fill(value, 20, 25);
      await writeNpy(at('bad.npy'), bad);
      await expect(readEmbeddings(at('bad.npy'))).rejects.toThrow(problem);
    }
    await writeNpz(at('two.npz'), { image: embeddings, text: embeddings });
    await expect(readEmbeddings(at('two.npz'))).rejects.toThrow(
      'has 2 arrays of two axes; name one of image, text',
    );
    expect(await readEmbeddings(at('two.npz'), { name: 'text' })).toEqual(embeddings);
    await writeNpy(at('one.npy'), { data: new Float32Array(3), shape: [3] });
    await expect(readEmbeddings(at('one.npy'))).rejects.toThrow(
      'holds an array of 3; must be stimuli × dimensions',
    );
  });
});

describe('nsdStimuli', () => {
  const [n, size] = [70, 40];
  const bytes = Uint8Array.from(
    { length: n * size * size * 3 },
    (_, i) => (i * 7 + Math.floor(i / 4800) * 13) % 256,
  );
  const model = join(import.meta.dirname, '../golden/tiny-clip');

  it('streams the pictures of an HDF5 brick, all or chosen rows, in any order', async () => {
    await writeHdf5(at('stimuli.hdf5'), bytes, { name: 'imgBrick', shape: [n, size, size, 3] });
    const all = await nsdStimuli(at('stimuli.hdf5'));
    expect(all.length).toBe(n);
    const some = await nsdStimuli(at('stimuli.hdf5'), { rows: [69, 0, 33] });
    for (const [index, row] of [69, 0, 33].entries()) {
      const { data, width, height, channels } = await some.read(index);
      expect([width, height, channels]).toEqual([size, size, 3]);
      const expected = bytes.subarray(row * 4800, (row + 1) * 4800);
      expect(Buffer.from(data).equals(Buffer.from(expected))).toBe(true);
      expect((await all.read(row)).data).toEqual(data);
    }
    expect(some.nameOf(0)).toBe('imgBrick[69]');
    const embedded = await embedImages(all, { model });
    const chosen = await embedImages(some, { model });
    for (const [i, row] of [69, 0, 33].entries())
      for (const [d, value] of rowOf(chosen, i).entries())
        expect(value).toBeCloseTo(rowOf(embedded, row)[d]!, 5);
  });

  it('names what is not a brick of pictures, and rows beyond it', async () => {
    await expect(nsdStimuli(at('e.h5'), { dataset: 'embeddings' })).rejects.toThrow(
      /embeddings is 7 × 5 float32/,
    );
    await expect(nsdStimuli(at('stimuli.hdf5'), { rows: [70] })).rejects.toThrow(
      'row of a picture is 70; must be in [0, 70)',
    );
    await expect(nsdStimuli(at('e.npy'))).rejects.toThrow('is not an HDF5 file');
  });
});

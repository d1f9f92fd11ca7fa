import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toFloat16 } from '../../src/data/half.js';
import { openNpyRows, readNpy, writeNpy, writeNpyRows } from '../../src/data/index.js';
import { FormatError, matrix, ndarray, randomStream, type TypedArray } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

interface Case {
  name: string;
  dtype: string;
  shape: number[];
  values: string[];
  file: string;
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/npy.json'), 'utf8')) as {
  cases: Case[];
  refused: { name: string; file: string }[];
  rounding: { values: number[]; bits: number[] };
};
const bytesOf = ({ file }: { file: string }) => Buffer.from(file, 'base64');
const numbers = (values: string[]) =>
  values.map((text) => Number(text.replace('inf', 'Infinity').replace('nan', 'NaN')));

function caseFile(item: { file: string }): string {
  const path = join(temporaryFolder(), 'array.npy');
  writeFileSync(path, bytesOf(item));
  return path;
}

describe('readNpy', () => {
  it.each(golden.cases)('reads what NumPy reads: $name', async (item) => {
    const array = await readNpy(caseFile(item));
    expect(array.shape).toEqual(item.shape);
    if (array.data instanceof BigInt64Array || array.data instanceof BigUint64Array) {
      expect([...array.data].map(String)).toEqual(item.values);
    } else {
      expect([...array.data]).toEqual(numbers(item.values));
    }
    const kept = item.dtype === 'float16' ? 'float32' : item.dtype === 'bool' ? 'uint8' : item.dtype;
    expect(array.data.constructor.name.replace('Big', '').toLowerCase()).toBe(`${kept}array`);
  });

  it.each(golden.refused)('refuses elements that are no real numbers: $name', async (item) => {
    await expect(readNpy(caseFile(item))).rejects.toThrow(/holds elements of type .*; real numbers/);
  });

  it('gives the same arrays in shared memory, except what had to be converted', async () => {
    const kinds = new Set<string>();
    for (const item of golden.cases) {
      const path = caseFile(item);
      const { data, shape } = await readNpy(path, { shared: true });
      expect({ data, shape }).toEqual(await readNpy(path));
      kinds.add(`${item.dtype} ${data.buffer instanceof SharedArrayBuffer}`);
    }
    expect(kinds).toContain('float32 true');
    expect(kinds).toContain('float16 false');
  });

  it('refuses a file cut anywhere, and one with a byte too many, by name', async () => {
    const whole = bytesOf(golden.cases[0]!);
    const path = join(temporaryFolder(), 'cut.npy');
    for (let length = 0; length < whole.length; length++) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(readNpy(path), `${length} bytes`).rejects.toThrow(FormatError);
    }
    writeFileSync(path, Buffer.concat([whole, Buffer.from([0])]));
    await expect(readNpy(path)).rejects.toThrow(/cut.npy: 49 bytes of data where shape \(2, 3\) .* takes 48/);
  });

  it('says that a missing file is missing and that a folder is no file', async () => {
    const folder = temporaryFolder();
    await expect(readNpy(join(folder, 'no.npy'))).rejects.toThrow('no.npy is missing');
    await expect(readNpy(folder)).rejects.toThrow('is not a regular file');
  });

  it('gives an array or a FormatError for any change of a few bytes, never a huge allocation', async () => {
    const random = randomStream(1, 'npy');
    const path = join(temporaryFolder(), 'changed.npy');
    let read = 0;
    for (let trial = 0; trial < 600; trial++) {
      const bytes = bytesOf(golden.cases[random.integer(golden.cases.length)]!);
      const changes = 1 + random.integer(3);
      for (let i = 0; i < changes; i++) bytes[random.integer(bytes.length)] = random.integer(256);
      writeFileSync(path, bytes);
      const result = await readNpy(path).catch((error: Error) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(FormatError);
      else read += result.data.byteLength <= 2 * bytes.length ? 1 : Number.NaN;
    }
    expect(read).toBeGreaterThan(20);
  });

  it('refuses shapes whose size overflows', async () => {
    const path = join(temporaryFolder(), 'big.npy');
    for (const shape of [
      '(99999999999999999999, 2)',
      '(9007199254740991, 9007199254740991)',
      '(-1, 2)',
      '(1 2)',
    ]) {
      const text = `{'descr': '<f4', 'fortran_order': False, 'shape': ${shape}, }\n`;
      const start = Buffer.from('\x93NUMPY\x01\x00\x00\x00', 'latin1');
      start.writeUInt16LE(text.length, 8);
      writeFileSync(path, Buffer.concat([start, Buffer.from(text)]));
      await expect(readNpy(path), shape).rejects.toThrow(FormatError);
    }
  });
});

describe('writeNpy', () => {
  it('writes the bytes that NumPy writes', async () => {
    const path = join(temporaryFolder(), 'written.npy');
    for (const item of golden.cases) {
      if (/>|fortran|version/.test(item.name)) continue;
      const type = item.dtype === 'float16' || item.dtype === 'bool' ? item.dtype : undefined;
      await writeNpy(path, await readNpy(caseFile(item)), { type });
      expect(readFileSync(path).equals(bytesOf(item)), item.name).toBe(true);
    }
  });

  it('rounds to float16 as NumPy does, and refuses what is too large for it', () => {
    expect([...toFloat16(golden.rounding.values)]).toEqual(golden.rounding.bits);
    expect([...toFloat16([Number.NaN, Number.POSITIVE_INFINITY, -1 / 0])]).toEqual([0x7e00, 0x7c00, 0xfc00]);
    expect(() => toFloat16([0, 70000])).toThrow('value[1] is 70000; must be at most 65504');
  });

  it('refuses a shape that is not the size of its data, and a type that is not the array’s', async () => {
    const path = join(temporaryFolder(), 'no.npy');
    const wrong = { data: new Float32Array(5), shape: [2, 3] };
    await expect(writeNpy(path, wrong)).rejects.toThrow('shape is [2,3]');
    await expect(writeNpy(path, ndarray(new Int32Array(2), [2]), { type: 'float16' })).rejects.toThrow(
      'int32',
    );
    await expect(readNpy(path)).rejects.toThrow('is missing');
  });
});

describe('openNpyRows', () => {
  it('reads blocks of rows of any type and order as float32', async () => {
    for (const item of golden.cases.filter(({ shape }) => shape.length === 2)) {
      const rows = await openNpyRows(caseFile(item));
      const [nRows, nColumns] = item.shape as [number, number];
      const expected = Float32Array.from(numbers(item.values));
      expect(rows.shape).toEqual([nRows, nColumns]);
      expect(await rows.readRows(0, nRows), item.name).toEqual(expected);
      if (nRows > 1) expect(await rows.readRows(1, nRows)).toEqual(expected.slice(nColumns));
      const out = new Float32Array(nRows * nColumns + 1).fill(7);
      expect((await rows.readRows(0, nRows, out)).buffer).toBe(out.buffer);
      expect(out.at(-1)).toBe(7);
      expect((await rows.readRows(nRows, nRows)).length).toBe(0);
      await rows.close();
    }
  });

  it('refuses rows that are not there, arrays of other than two axes, and an output too small', async () => {
    const path = join(temporaryFolder(), 'rows.npy');
    await writeNpy(path, matrix(3, 2));
    const rows = await openNpyRows(path);
    await expect(rows.readRows(1, 4)).rejects.toThrow('is [1,4]; must be a range within [0, 3]');
    await expect(rows.readRows(2, 1)).rejects.toThrow('must be a range');
    await expect(rows.readRows(0, 2, new Float32Array(3))).rejects.toThrow('at least 4 elements');
    await rows.close();
    await writeNpy(path, ndarray(new Float32Array(3), [3]));
    await expect(openNpyRows(path)).rejects.toThrow('shape (3); must be of two axes');
  });
});

describe('writeNpyRows', () => {
  const values = randomStream(2, 'rows').normals(new Float32Array(35));
  async function* blocks(sizes: number[], nColumns: number) {
    let start = 0;
    for (const size of sizes) yield values.subarray(start, (start += size * nColumns));
  }

  it('writes the same bytes as writeNpy whatever the blocks', async () => {
    const folder = temporaryFolder();
    await writeNpy(join(folder, 'whole.npy'), ndarray(values as TypedArray, [7, 5]));
    const whole = readFileSync(join(folder, 'whole.npy'));
    for (const sizes of [[7], [1, 2, 4], [0, 3, 0, 4], [1, 1, 1, 1, 1, 1, 1]]) {
      expect(await writeNpyRows(join(folder, 'rows.npy'), 5, blocks(sizes, 5))).toEqual([7, 5]);
      expect(readFileSync(join(folder, 'rows.npy')).equals(whole)).toBe(true);
    }
    await writeNpyRows(join(folder, 'half.npy'), 5, [values], { type: 'float16' });
    const half = (await readNpy(join(folder, 'half.npy'))).data as Float32Array;
    for (let i = 0; i < 35; i++) expect(Math.abs(half[i]! - values[i]!)).toBeLessThan(2e-3);
  });

  it('leaves nothing when a block is not whole, when its maker throws, or when it is stopped', async () => {
    const path = join(temporaryFolder(), 'rows.npy');
    await expect(writeNpyRows(path, 4, [values])).rejects.toThrow('is 35; must be a multiple of 4');
    async function* failing() {
      yield values;
      throw new Error('the source ended');
    }
    await expect(writeNpyRows(path, 5, failing())).rejects.toThrow('the source ended');
    const signal = AbortSignal.abort();
    await expect(writeNpyRows(path, 5, [values], { signal })).rejects.toThrow('was stopped');
    await expect(readNpy(path)).rejects.toThrow('is missing');
  });
});

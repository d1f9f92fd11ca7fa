import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readNpz, writeNpz } from '../../src/data/index.js';
import { FormatError, ndarray, randomStream } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../golden/npz.json'), 'utf8')) as {
  files: Record<'stored' | 'deflated', string>;
  arrays: Record<string, { shape: number[]; values: number[] }>;
};
const archive = (kind: 'stored' | 'deflated') => Buffer.from(golden.files[kind], 'base64');
function archiveFile(bytes: Uint8Array): string {
  const path = join(temporaryFolder(), 'a.npz');
  writeFileSync(path, bytes);
  return path;
}

describe('readNpz', () => {
  it.each(['stored', 'deflated'] as const)('reads what NumPy wrote %s', async (kind) => {
    const arrays = await readNpz(archiveFile(archive(kind)));
    expect([...arrays.keys()]).toEqual(Object.keys(golden.arrays));
    for (const [name, { shape, values }] of Object.entries(golden.arrays)) {
      expect(arrays.get(name)!.shape).toEqual(shape);
      if (values.length) expect(Array.from(arrays.get(name)!.data, Number), name).toEqual(values);
    }
    expect(arrays.get('zeros')!.data.every((value) => value === 0)).toBe(true);
  });

  it('reads only the arrays asked for', async () => {
    const arrays = await readNpz(archiveFile(archive('deflated')), { names: ['half', 'no'] });
    expect([...arrays.keys()]).toEqual(['half']);
  });

  it('gives arrays or a FormatError for any cut or change of bytes', async () => {
    const random = randomStream(7, 'npz');
    const path = archiveFile(Buffer.alloc(0));
    let refused = 0;
    for (let trial = 0; trial < 800; trial++) {
      const whole = archive(trial % 2 ? 'deflated' : 'stored');
      const bytes = trial % 8 < 2 ? whole.subarray(0, random.integer(whole.length)) : whole;
      // Half of the changes go to the directory at the end, where the sizes are.
      const near = Math.min(bytes.length, trial % 4 < 2 ? 400 : bytes.length);
      if (trial % 8 >= 2) bytes[bytes.length - 1 - random.integer(near)] = random.integer(256);
      writeFileSync(path, bytes);
      const result = await readNpz(path).catch((error: Error) => error);
      if (!(result instanceof Error)) continue;
      refused++;
      expect(result, result.stack).toBeInstanceOf(FormatError);
    }
    expect(refused).toBeGreaterThan(400);
  });

  it('does not inflate beyond the size that the directory gives', async () => {
    const bomb = deflateRawSync(Buffer.alloc(50_000_000));
    const path = join(temporaryFolder(), 'bomb.npz');
    await writeNpz(path, { x: ndarray(new Float32Array(1), [1]) }, { compress: true });
    const bytes = readFileSync(path);
    const size = bytes.readUInt32LE(18);
    const swollen = Buffer.concat([bytes.subarray(0, 35), bomb, bytes.subarray(35 + size)]);
    const central = swollen.indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
    swollen.writeUInt32LE(bomb.length, central + 20);
    swollen.writeUInt32LE(central, swollen.length - 6);
    await expect(readNpz(archiveFile(swollen))).rejects.toThrow('x.npy cannot be inflated');
  });

  it('refuses what is no archive', async () => {
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(100)]) {
      await expect(readNpz(archiveFile(bytes))).rejects.toThrow('not a zip archive');
    }
  });
});

describe('writeNpz', () => {
  it('writes what readNpz reads back, and the same bytes each time', async () => {
    const folder = temporaryFolder();
    const arrays = new Map([
      ['weight', ndarray(randomStream(8, 'npz').normals(new Float32Array(600)), [30, 20])],
      ['größe', ndarray(Float32Array.of(1), [])],
    ]);
    for (const compress of [false, true]) {
      const [one, two] = [join(folder, 'one.npz'), join(folder, 'two.npz')];
      await writeNpz(one, arrays, { compress });
      await writeNpz(two, Object.fromEntries(arrays), { compress });
      expect(await readNpz(one)).toEqual(arrays);
      expect(readFileSync(one).equals(readFileSync(two))).toBe(true);
    }
    await expect(writeNpz(join(folder, 'x.npz'), { '': arrays.get('größe')! })).rejects.toThrow('not empty');
  });
});

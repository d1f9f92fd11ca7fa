import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readSafetensors, writeSafetensors } from '../../src/data/index.js';
import { FormatError, type NdArray, ndarray, randomStream, type TypedArray } from '../../src/util/index.js';
import { temporaryFolder } from './folder.js';

const everyType = new Map<string, NdArray<TypedArray>>([
  ['doubles', ndarray(Float64Array.of(Math.PI, -0, 1e300, Number.NaN), [2, 2])],
  ['weight', ndarray(Float32Array.of(1.5, -2.25, 3), [3, 1])],
  ['long', ndarray(BigInt64Array.of(-(2n ** 63n), 5n), [2])],
  ['unsigned long', ndarray(BigUint64Array.of(2n ** 64n - 1n), [1])],
  ['int', ndarray(Int32Array.of(-5), [1, 1])],
  ['unsigned', ndarray(Uint32Array.of(4e9), [])],
  ['short', ndarray(Int16Array.of(-3, 4), [2])],
  ['unsigned short', ndarray(Uint16Array.of(60000), [1])],
  ['byte', ndarray(Int8Array.of(-1), [1])],
  ['unsigned byte', ndarray(Uint8Array.of(1, 0, 255), [3])],
  ['empty', ndarray(new Float32Array(0), [0, 7])],
]);

/** A file made by hand from the format's published layout: 8-byte length, JSON, data. */
function handMade(header: unknown, data: Uint8Array = new Uint8Array(0)): string {
  const path = join(temporaryFolder(), 'hand.safetensors');
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([length, text, data]));
  return path;
}
const tensor = (dtype: string, shape: number[], begin: number, end: number) => ({
  ...{ dtype, shape, data_offsets: [begin, end] },
});

describe('writeSafetensors and readSafetensors', () => {
  it('keep every element type, shape, value and the metadata', async () => {
    const path = join(temporaryFolder(), 'all.safetensors');
    const metadata = { record: '{"seed":1}', größe: 'ß', __proto__x: 'y' };
    await writeSafetensors(path, everyType, metadata);
    const back = await readSafetensors(path);
    expect(back.metadata).toEqual(metadata);
    expect(back.tensors.size).toBe(everyType.size);
    for (const [name, array] of everyType) expect(back.tensors.get(name), name).toEqual(array);
  });

  it('give the same bytes whatever the order of tensors and metadata', async () => {
    const folder = temporaryFolder();
    await writeSafetensors(join(folder, 'a'), everyType, { a: '1', b: '2' });
    await writeSafetensors(join(folder, 'b'), new Map([...everyType].reverse()), { b: '2', a: '1' });
    expect(readFileSync(join(folder, 'a')).equals(readFileSync(join(folder, 'b')))).toBe(true);
  });

  it('lay the file out as the format says: header padded to 8 bytes, larger elements first', async () => {
    const path = join(temporaryFolder(), 'layout.safetensors');
    const tensors = { b: ndarray(Uint8Array.of(9), [1]), a: ndarray(Float32Array.of(1), [1]) };
    await writeSafetensors(path, tensors, { k: 'v' });
    const bytes = readFileSync(path);
    const length = Number(bytes.readBigUInt64LE());
    expect(length % 8).toBe(0);
    expect(bytes.length).toBe(8 + length + 5);
    expect(JSON.parse(bytes.toString('utf8', 8, 8 + length))).toEqual({
      __metadata__: { k: 'v' },
      a: tensor('F32', [1], 0, 4),
      b: tensor('U8', [1], 4, 5),
    });
    expect([...bytes.subarray(8 + length)]).toEqual([0, 0, 128, 63, 9]);
  });

  it('widen half types exactly and round to them, nearest to even', async () => {
    const bits = Uint8Array.of(0x80, 0x3f, 0x49, 0x40, 0x00, 0x3c, 0x01, 0x00, 1);
    const path = handMade(
      { half: tensor('F16', [2], 4, 8), brain: tensor('BF16', [2], 0, 4), flag: tensor('BOOL', [1], 8, 9) },
      bits,
    );
    const { tensors } = await readSafetensors(path);
    expect([...tensors.get('brain')!.data]).toEqual([1, 3.140625]);
    expect([...tensors.get('half')!.data]).toEqual([1, 2 ** -24]);
    const types = { half: 'float16', brain: 'bfloat16', flag: 'bool' } as const;
    const again = join(temporaryFolder(), 'again.safetensors');
    await writeSafetensors(again, tensors, {}, { types });
    expect(readFileSync(again).subarray(-9).equals(Buffer.from(bits))).toBe(true);
    const rounded = ndarray(Float32Array.of(1 + 2 ** -8, 1 + 3 * 2 ** -8), [2]);
    await writeSafetensors(again, { x: rounded }, {}, { types: { x: 'bfloat16' } });
    expect([...(await readSafetensors(again)).tensors.get('x')!.data]).toEqual([1, 1 + 2 ** -6]);
  });

  it.each<[string, unknown, number, RegExp]>([
    ['an element type without an array', { x: tensor('F8_E4M3', [1], 0, 1) }, 1, /tensor x holds .* F8_E4M3/],
    ['a shape that is no list of counts', { x: tensor('U8', [-1], 0, 1) }, 1, /tensor x has no valid shape/],
    ['offsets that are no pair', { x: { ...tensor('U8', [1], 0, 1), data_offsets: [0] } }, 1, /data_offsets/],
    ['a size that is not the shape’s', { x: tensor('F32', [2], 0, 4) }, 4, /shape \(2\) F32 cannot take 4/],
    ['an overflowing shape', { x: tensor('F32', [2 ** 52, 2 ** 52], 0, 4) }, 4, /cannot take/],
    ['a gap', { x: tensor('U8', [1], 1, 2) }, 2, /starts at byte 1 of the data, not at 0/],
    [
      'an overlap',
      { x: tensor('U8', [2], 0, 2), y: tensor('U8', [2], 1, 3) },
      3,
      /tensor y starts at byte 1/,
    ],
    ['missing data', { x: tensor('U8', [4], 0, 4) }, 3, /holds 3 bytes of data where its tensors take 4/],
    ['data that no tensor holds', { x: tensor('U8', [1], 0, 1) }, 2, /holds 2 bytes/],
    ['metadata that is not text', { __metadata__: { a: 1 } }, 0, /metadata a is not text/],
    ['an entry that is no object', { x: null }, 0, /entry of x is not an object/],
    ['a header that is a list', [], 0, /not a JSON object/],
    ['a header that is not JSON', '{', 0, /not JSON/],
  ])('refuse %s', async (_, header, nBytes, message) => {
    const error = await readSafetensors(handMade(header, new Uint8Array(nBytes))).catch((e: Error) => e);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as Error).message).toMatch(message);
  });

  it('give a FormatError or the arrays for any cut or change of bytes', async () => {
    const path = join(temporaryFolder(), 'changed.safetensors');
    await writeSafetensors(path, everyType, { a: 'b' });
    const whole = readFileSync(path);
    const random = randomStream(3, 'safetensors');
    for (let trial = 0; trial < 500; trial++) {
      const bytes = Buffer.from(trial % 2 ? whole : whole.subarray(0, random.integer(whole.length)));
      if (bytes.length) bytes[random.integer(trial % 4 === 1 ? 8 : bytes.length)] = random.integer(256);
      writeFileSync(path, bytes);
      const result = await readSafetensors(path).catch((error: Error) => error);
      if (result instanceof Error) expect(result).toBeInstanceOf(FormatError);
    }
  });

  it('leave no file for bad input', async () => {
    const path = join(temporaryFolder(), 'no.safetensors');
    const x = ndarray(new Float32Array(1), [1]);
    await expect(writeSafetensors(path, { __metadata__: x })).rejects.toThrow('reserved');
    await expect(writeSafetensors(path, { x }, { seed: 1 as never })).rejects.toThrow('metadata seed is 1');
    await expect(writeSafetensors(path, { x: { data: x.data, shape: [2] } })).rejects.toThrow('shape is [2]');
    expect(existsSync(path)).toBe(false);
  });
});

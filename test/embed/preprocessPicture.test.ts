import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../../src/data/index.js';
import {
  clipPreprocessing,
  type DecodedPicture,
  preprocessPicture,
  resizePicture,
} from '../../src/embed/index.js';

const cases = [
  ...['odd', 'wide', 'enlarged', 'same', 'one-pixel', 'thin', 'grey', 'alpha', 'grey-alpha', 'square'],
];
type Tensors = Awaited<ReturnType<typeof readSafetensors>>['tensors'];
let tensors: Tensors;
beforeAll(async () => {
  ({ tensors } = await readSafetensors(join(import.meta.dirname, '../golden/clip-preprocess.safetensors')));
});

function pictureOf(name: string): DecodedPicture {
  const { data, shape } = tensors.get(`${name}/picture`)!;
  const [height, width, channels] = shape as [number, number, 1 | 2 | 3 | 4];
  return { data: data as Uint8Array, width, height, channels };
}

describe('resizePicture', () => {
  it.each(cases)('gives the bytes of Pillow for the picture "%s", bicubic and bilinear', (name) => {
    for (const filter of ['bicubic', 'bilinear'] as const) {
      const { data } = resizePicture(pictureOf(name), 23, 17, filter);
      expect(
        Buffer.from(data).equals(Buffer.from(tensors.get(`${name}/${filter}`)!.data as Uint8Array)),
      ).toBe(true);
    }
  });

  it('leaves its input as it was', () => {
    const picture = pictureOf('alpha');
    const before = picture.data.slice();
    resizePicture(picture, 5, 6);
    expect(picture.data).toEqual(before);
  });
});

describe('preprocessPicture', () => {
  it.each(cases)('gives the tensor of Pillow and numpy for the picture "%s"', (name) => {
    const size = tensors.get(`${name}/size`)!.data[0] as number;
    const { data, width } = preprocessPicture(pictureOf(name), {
      ...clipPreprocessing,
      resize: size,
      crop: size,
    });
    const expected = tensors.get(`${name}/input`)!.data as Float32Array;
    expect(width).toBe(size);
    expect(data.length).toBe(expected.length);
    expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-5);
  });

  it('would be seen to differ without antialiasing', () => {
    const name = 'square';
    const picture = pictureOf(name);
    const every = (n: number) => Math.floor(((n + 0.5) * picture.width) / 32);
    const nearest = new Uint8Array(32 * 32 * 3);
    for (let p = 0; p < 32 * 32; p++) {
      const from = 3 * (every(Math.floor(p / 32)) * picture.width + every(p % 32));
      nearest.set(picture.data.subarray(from, from + 3), 3 * p);
    }
    const { data } = preprocessPicture(
      { data: nearest, width: 32, height: 32, channels: 3 },
      { ...clipPreprocessing, resize: 32, crop: 32 },
    );
    const expected = tensors.get(`${name}/input`)!.data as Float32Array;
    expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i]!)))).toBeGreaterThan(0.5);
  });

  it('refuses a picture of zero size and bytes that do not fit', () => {
    expect(() => preprocessPicture({ data: new Uint8Array(0), width: 0, height: 4, channels: 3 })).toThrow(
      'size of picture is "0 × 4"; must be at least 1 × 1',
    );
    expect(() => preprocessPicture({ data: new Uint8Array(5), width: 2, height: 1, channels: 3 })).toThrow(
      'bytes of picture is 5; must be 2 × 1 × 3',
    );
  });
});

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import {
  embedImages,
  embedTexts,
  type ImageSource,
  imageFiles,
  imageFolder,
  readPicture,
} from '../../src/embed/index.js';

const golden = join(import.meta.dirname, '../golden');
const model = join(golden, 'tiny-clip');
const pictures = join(golden, 'pictures');
const expected = JSON.parse(readFileSync(join(golden, 'tiny-clip.json'), 'utf8')) as {
  pictures: string[];
  image_embeds: number[][];
  texts: string[];
  text_embeds: number[][];
};
const folder = mkdtempSync(join(tmpdir(), 'embed-'));
afterAll(() => rmSync(folder, { recursive: true }));
const largestDifference = (data: Float32Array, rows: number[][]) =>
  Math.max(...rows.flat().map((value, i) => Math.abs(value - data[i]!)));

describe('embedImages', () => {
  it('equals a numpy forward of the same weights, from picture files to projected output', async () => {
    const png = expected.pictures.flatMap((name, i) => (name.endsWith('.png') ? [i] : []));
    const { data, shape } = await embedImages(
      imageFiles(
        png.map((i) => expected.pictures[i]!),
        pictures,
      ),
      { model },
    );
    expect(shape).toEqual([png.length, 12]);
    const rows = png.map((i) => expected.image_embeds[i]!);
    expect(largestDifference(data, rows)).toBeLessThan(1e-4);
    const lengths = rows.map((row) => Math.hypot(...row));
    expect(Math.max(...lengths) / Math.min(...lengths)).toBeGreaterThan(1.01);
  });

  it('decodes JPEG as closely as decoders agree', async () => {
    const at = expected.pictures.indexOf('e-photo.jpg');
    const { data } = await embedImages(imageFiles(['e-photo.jpg'], pictures), { model });
    expect(largestDifference(data, [expected.image_embeds[at]!])).toBeLessThan(0.02);
  });

  it('does not depend on the batch', async () => {
    const images = imageFiles(expected.pictures, pictures);
    const whole = await embedImages(images, { model });
    const single = await embedImages(images, { model, batch: 1 });
    expect(Math.max(...whole.data.map((value, i) => Math.abs(value - single.data[i]!)))).toBeLessThan(1e-5);
  });

  it('goes on after the last finished shard, and refuses shards of other pictures', async () => {
    const shards = join(folder, 'shards');
    const one = await readPicture(join(pictures, 'a-wave.png'));
    const reads: number[] = [];
    const images = (nReadable: number): ImageSource => ({
      length: 1030,
      nameOf: (index) => `picture ${index}`,
      async read(index) {
        if (index >= nReadable) throw new Error('the machine stopped');
        reads.push(index);
        return one;
      },
    });
    await expect(embedImages(images(1026), { model, shards, batch: 256 })).rejects.toThrow(
      'the machine stopped',
    );
    reads.length = 0;
    const whole = await embedImages(images(1030), { model, shards, batch: 256 });
    expect(reads).toEqual([1024, 1025, 1026, 1027, 1028, 1029]);
    expect(whole.shape).toEqual([1030, 12]);
    const at = expected.pictures.indexOf('a-wave.png');
    expect(
      largestDifference(
        whole.data,
        Array.from({ length: 1030 }, () => expected.image_embeds[at]!),
      ),
    ).toBeLessThan(1e-4);
    await expect(embedImages({ ...images(5), length: 5 }, { model, shards })).rejects.toThrow(
      /shards\.json: is of another model or other pictures; delete/,
    );
  });

  it('reads the pictures of a folder one by one, and names the one that cannot be read', async () => {
    const some = join(folder, 'some');
    cpSync(pictures, some, { recursive: true, filter: (path) => !/\.(jpg|svg)$/.test(path) });
    const images = await imageFolder(some);
    const names = Array.from({ length: images.length }, (_, i) => images.nameOf(i));
    const { data, shape } = await embedImages(images, { model, batch: 2 });
    expect(shape[0]).toBe(names.length);
    const rows = names.map((name) => expected.image_embeds[expected.pictures.indexOf(name)]!);
    expect(largestDifference(data, rows)).toBeLessThan(1e-4);
    writeFileSync(join(some, 'zz-last.png'), '');
    await expect(embedImages(await imageFolder(some), { model })).rejects.toThrow(
      /zz-last\.png: is empty \(0 bytes\)/,
    );
  });

  it('stops on its signal, and names a folder that is no complete model', async () => {
    const images = imageFiles(expected.pictures, pictures);
    await expect(embedImages(images, { model, signal: AbortSignal.abort() })).rejects.toMatchObject({
      tag: 'aborted',
    });
    const broken = join(folder, 'broken');
    cpSync(model, broken, { recursive: true });
    rmSync(join(broken, 'onnx'), { recursive: true });
    await expect(embedImages(images, { model: broken })).rejects.toThrow(/broken: is no complete model/);
  });
});

describe('imageFolder and readPicture', () => {
  it('lists pictures by name', async () => {
    const images = await imageFolder(pictures);
    const names = Array.from({ length: images.length }, (_, i) => images.nameOf(i));
    expect(names).toEqual(readdirSync(pictures).sort());
    await expect(imageFolder(join(golden, 'tiny-clip'))).rejects.toThrow('number of pictures is 0');
    await expect(imageFolder(join(folder, 'none'))).rejects.toThrow('none is missing');
  });

  it('names a picture that is missing, empty, not a picture, or CMYK', async () => {
    writeFileSync(join(folder, 'empty.png'), '');
    writeFileSync(join(folder, 'text.png'), 'not a picture at all');
    await expect(readPicture(join(folder, 'none.png'))).rejects.toThrow(/none\.png is missing/);
    await expect(readPicture(join(folder, 'empty.png'))).rejects.toThrow(/empty\.png: is empty \(0 bytes\)/);
    await expect(readPicture(join(folder, 'text.png'))).rejects.toThrow(/text\.png: cannot be decoded/);
    await expect(readPicture(join(pictures, 'cmyk.jpg'))).rejects.toThrow(
      /cmyk\.jpg: is CMYK; convert it to 8-bit RGB/,
    );
  });
});

describe('embedTexts', () => {
  it('equals a numpy forward of the same weights, also for texts of unequal length in one batch', async () => {
    const { data, shape } = await embedTexts(expected.texts, { model });
    expect(shape).toEqual([expected.texts.length, 12]);
    expect(largestDifference(data, expected.text_embeds)).toBeLessThan(1e-4);
  });

  it('puts words into a template', async () => {
    const { data } = await embedTexts(['dog'], { model, template: 'a {}' });
    expect(largestDifference(data, [expected.text_embeds[0]!])).toBeLessThan(1e-4);
    await expect(embedTexts(['dog'], { model, template: 'a' })).rejects.toThrow('template is "a"');
  });

  it('refuses a text that is too long, unless it may be cut', async () => {
    const long = 'dog '.repeat(90);
    await expect(embedTexts(['cat', long], { model })).rejects.toThrow(
      'tokens of text 1 is 92; must be at most 77',
    );
    expect((await embedTexts([long], { model, truncate: true })).shape).toEqual([1, 12]);
    await expect(embedTexts([], { model })).rejects.toThrow('number of texts is 0');
  });
});

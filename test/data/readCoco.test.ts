import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captionWords } from '../../src/concepts/index.js';
import { readCocoAnnotations } from '../../src/data/index.js';
import { writeZip } from '../../src/data/zip.js';
import { fileOf } from './damage.js';
import { temporaryFolder } from './folder.js';

const image = (id: number) => ({ id, width: 640, height: 480 + id, file_name: `${id}.jpg` });
const captions = (ids: number[], text: (id: number) => string[]) => ({
  images: ids.map(image),
  annotations: ids.flatMap((id) =>
    text(id).map((caption, i) => ({ image_id: id, id: 10 * id + i, caption })),
  ),
});
const train = captions([9, 25, 30], (id) => [`A dog runs. ${id}`, ' the dog\n']);
const val = captions([139], () => ['a cat']);
const instances = {
  images: [9, 25, 30].map(image),
  annotations: [
    { image_id: 25, category_id: 18, bbox: [10, 20, 30, 40], area: 900.5, iscrowd: 0 },
    { image_id: 25, category_id: 1, bbox: [0, 0, 5, 5], area: 20, iscrowd: 1 },
    { image_id: 30, category_id: 18, bbox: [1, 1, 2, 2], area: 4, iscrowd: 0 },
  ],
  categories: [
    { id: 1, name: 'person', supercategory: 'person' },
    { id: 18, name: 'dog', supercategory: 'animal' },
  ],
};

/** An archive laid out as COCO's `annotations_trainval2017.zip`. */
async function archive(): Promise<string> {
  const path = join(temporaryFolder(), 'annotations.zip');
  const entry = (name: string, value: unknown) =>
    [`annotations/${name}.json`, [Buffer.from(JSON.stringify(value))]] as const;
  const files = [
    entry('instances_train2017', instances),
    entry('captions_train2017', train),
    entry('captions_val2017', val),
    entry('person_keypoints_val2017', { images: [], annotations: [] }),
  ];
  await writeZip(path, files, true);
  return path;
}

describe('readCocoAnnotations', () => {
  it('gives captions in the order of the ids asked for, of either part, also twice', async () => {
    const read = await readCocoAnnotations(await archive(), [139, 25, 139]);
    expect(read[1]).toEqual({
      ...{ cocoId: 25, width: 640, height: 505, captions: ['A dog runs. 25', 'the dog'], objects: [] },
    });
    expect(read.map(({ cocoId }) => cocoId)).toEqual([139, 25, 139]);
    expect(read[0]!.captions).toEqual(['a cat']);
  });

  it('gives annotated objects where asked for', async () => {
    const read = await readCocoAnnotations(await archive(), [25, 9], { instances: true });
    expect(read[0]!.objects).toEqual([
      { category: 'dog', box: [10, 20, 30, 40], area: 900.5, isCrowd: false },
      { category: 'person', box: [0, 0, 5, 5], area: 20, isCrowd: true },
    ]);
    expect(read[1]!.objects).toEqual([]);
    expect(read[0]!.captions.length).toBe(2);
  });

  it('feeds the enriched words of captions', async () => {
    const read = await readCocoAnnotations(await archive(), [9, 25, 30, 139]);
    const options = { minImages: 1 };
    const words = await captionWords(
      read.map((own) => own.captions),
      [3],
      undefined,
      options,
    );
    expect(words.get('word', 0)).toBe('cat');
  });

  it('reads one of its files by itself', async () => {
    const path = fileOf(JSON.stringify(val), 'captions_val2017.json');
    expect((await readCocoAnnotations(path, [139]))[0]!.captions).toEqual(['a cat']);
  });

  it('names an image that is not there, and files that hold no annotations', async () => {
    await expect(readCocoAnnotations(await archive(), [7])).rejects.toThrow(
      /COCO id is 7; must be one of the images of .*annotations\.zip/,
    );
    const other = join(temporaryFolder(), 'other.zip');
    await writeZip(other, [['a.json', [Buffer.from('{}')]]], false);
    await expect(readCocoAnnotations(other, [1])).rejects.toThrow(
      /has no captions_….json; fetch it: sdc fetch coco/,
    );
    await expect(readCocoAnnotations(fileOf('[1', 'x.json'), [1])).rejects.toThrow(/x\.json: is not JSON/);
    await expect(readCocoAnnotations(fileOf('[]', 'x.json'), [1])).rejects.toThrow(/has no lists "images"/);
    writeFileSync(other, 'no archive');
    await expect(readCocoAnnotations(other, [1])).rejects.toThrow(/is not a zip archive/);
  });
});

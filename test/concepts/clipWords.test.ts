import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { labelConcept } from '../../src/concepts/index.js';
import { readNpy } from '../../src/data/index.js';
import { toMatrix } from '../../src/util/index.js';

const folder = join(import.meta.dirname, '../../../shared/data/clip-text');

/** Row of a COCO name among the 80, and LVIS words that may come first and must be among the first six. */
const expected: [row: number, name: string, first: RegExp, among: string[]][] = [
  [16, 'dog', /^dog$/, ['dog', 'puppy', 'pug-dog']],
  [15, 'cat', /^cat$/, ['cat', 'kitten']],
  [17, 'horse', /^horse$/, ['horse', 'pony', 'foal']],
  [19, 'cow', /^(cow|bull)$/, ['cow', 'bull', 'calf']],
  [21, 'bear', /^bear$/, ['bear', 'grizzly', 'polar_bear']],
  [14, 'bird', /^bird$/, ['bird', 'pigeon', 'seabird']],
  [1, 'bicycle', /^bicycle$/, ['bicycle', 'tricycle', 'unicycle']],
  [2, 'car', /^car_\(automobile\)$/, ['car_(automobile)', 'race_car', 'jeep']],
  [4, 'airplane', /^airplane$/, ['airplane', 'jet_plane', 'seaplane']],
  [6, 'train', /^train_/, ['bullet_train', 'freight_car']],
  [8, 'boat', /^boat$/, ['boat', 'yacht', 'houseboat']],
  [10, 'fire hydrant', /^fireplug$/, ['fireplug']],
  [13, 'bench', /^bench$/, ['bench', 'pew_(church_bench)']],
  [24, 'backpack', /^backpack$/, ['backpack', 'satchel', 'duffel_bag']],
  [27, 'tie', /^necktie$/, ['necktie', 'bow-tie']],
  [43, 'knife', /^knife$/, ['knife', 'pocketknife', 'steak_knife']],
  [47, 'apple', /^apple$/, ['apple', 'pear']],
  [53, 'pizza', /^pizza$/, ['pizza', 'pie']],
  [54, 'donut', /^doughnut$/, ['doughnut', 'bagel', 'pastry', 'cookie'].slice(0, 2)],
  [57, 'couch', /^sofa$/, ['sofa', 'loveseat', 'sofa_bed']],
  [74, 'clock', /^(clock|wall_clock)$/, ['clock', 'wall_clock', 'alarm_clock']],
];

it('labels CLIP vectors of COCO names with the nearest of 1,203 LVIS words, without words near to all', async (ctx) => {
  if (!existsSync(folder)) ctx.skip('../shared/data/clip-text is absent');
  const words = toMatrix(await readNpy(join(folder, 'lvis_v1_clip_a+cname.npy')));
  const info = JSON.parse(await readFile(join(folder, 'lvis_v1_train_cat_info.json'), 'utf8'));
  const names = info.map(({ name }: { name: string }) => name) as string[];
  const coco = toMatrix(await readNpy(join(folder, 'coco_clip_a+cname.npy')));
  const { table } = await labelConcept(coco, { names, embeddings: words }, { top: 6 });
  const rows = table.objects() as { vector: number; side: string; word: string }[];
  const nearest = (row: number) =>
    rows.filter(({ vector, side }) => vector === row && side === 'most').map(({ word }) => word);
  for (const [row, name, first, among] of expected) {
    expect(nearest(row)[0], name).toMatch(first);
    expect(nearest(row), name).toEqual(expect.arrayContaining(among));
  }
  const listed = Array.from({ length: 80 }, (_, row) => nearest(row)).flat();
  for (const word of ['bait', 'alcohol', 'money']) expect(listed).not.toContain(word);
});

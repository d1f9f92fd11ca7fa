import { join } from 'node:path';
import { openNpyRows, writeNpyRows, writeTable } from '../data/index.js';
import { FormatError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { readNsdStimuli } from './nsdDesign.js';
import type { NsdPlan } from './planNsd.js';

export interface WriteNsdStimuliOptions extends WorkOptions {
  /** A `.npy` of embeddings: one row for each of NSD's images (row = 73KID − 1), or one for each image of the plan. */
  embeddings?: string;
}

/**
 * Writes `stimuli.tsv` of a study on NSD, one row for each image shown in a kept trial, in ascending number: columns
 * `stimulus` (the row, from 0), `image` (73KID, from 1), and, where the release's stimulus information is there,
 * `coco_id`, `coco_split` and `shared` (1 for the shared 1,000). With embeddings given, their rows for these images
 * go to `embeddings.npy`.
 *
 * @returns the number of images
 * @throws FileError; FormatError if the embeddings have another number of rows, or the information lacks an image
 */
export async function writeNsdStimuli(
  plan: NsdPlan,
  folder: string,
  options: WriteNsdStimuliOptions = {},
): Promise<number> {
  const { images } = plan;
  const columns: Record<string, ArrayLike<number | string>> = {
    stimulus: Int32Array.from(images.keys()),
    image: images,
  };
  const info = plan.participants[0]!.files.stimulusInfo;
  if (info) {
    const stimuli = await readNsdStimuli(info);
    const rowOf = new Map(Array.from(stimuli.image, (image, row) => [image, row]));
    const rows = Array.from(images, (image) => {
      const row = rowOf.get(image);
      if (row === undefined) throw new FormatError(info, `has no image ${image} (nsdId ${image - 1})`);
      return row;
    });
    columns['coco_id'] = rows.map((row) => stimuli.cocoId[row]!);
    columns['coco_split'] = rows.map((row) => stimuli.cocoSplit[row]!);
    columns['shared'] = rows.map((row) => stimuli.isShared[row]!);
  }
  await writeTable(join(folder, 'stimuli.tsv'), columns);
  if (options.embeddings)
    await takeEmbeddings(options.embeddings, images, join(folder, 'embeddings.npy'), options);
  return images.length;
}

async function takeEmbeddings(
  from: string,
  images: Int32Array,
  to: string,
  work: WorkOptions,
): Promise<void> {
  const source = await openNpyRows(from);
  try {
    const [nRows, nDims] = source.shape;
    if (nRows !== images.length && nRows < images.at(-1)!) {
      const problem = `has ${nRows} rows; must have one for each of NSD's 73,000 images, or for the ${images.length} of this study`;
      throw new FormatError(from, problem);
    }
    const rowOf = (stimulus: number) => (nRows === images.length ? stimulus : images[stimulus]! - 1);
    async function* rows() {
      for (let stimulus = 0; stimulus < images.length; stimulus++) {
        const row = await source.readRows(rowOf(stimulus), rowOf(stimulus) + 1);
        if (!row.every(Number.isFinite)) throw new FormatError(from, `row ${rowOf(stimulus)} is not finite`);
        yield row;
      }
    }
    await writeNpyRows(to, nDims, rows(), { ...work, nRows: images.length });
  } finally {
    await source.close();
  }
}

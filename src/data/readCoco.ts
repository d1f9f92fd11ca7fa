import { FormatError, InputError, throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { readBytes, withFile } from './file.js';
import { readZipEntry, zipEntries } from './zip.js';

/** An object that COCO's annotators marked in an image. */
export interface CocoObject {
  readonly category: string;
  /** Left, top, width and height in pixels of the whole image (NSD showed a square cut of it). */
  readonly box: readonly [number, number, number, number];
  /** Pixels of its outline's inside. */
  readonly area: number;
  /** Whether it stands for a crowd of such objects. */
  readonly isCrowd: boolean;
}

/** What COCO says of one image. */
export interface CocoImage {
  readonly cocoId: number;
  readonly width: number;
  readonly height: number;
  readonly captions: readonly string[];
  /** Empty unless `instances` was asked for. */
  readonly objects: readonly CocoObject[];
}

/** Options of {@link readCocoAnnotations}. */
export interface ReadCocoOptions extends WorkOptions {
  /** Also the annotated objects: their JSON is 450 MB, and takes several times that in memory while read. Default false. */
  instances?: boolean;
}

interface Annotations {
  images: { id: number; width: number; height: number }[];
  annotations: {
    image_id: number;
    caption?: string;
    category_id?: number;
    bbox?: [number, number, number, number];
    area?: number;
    iscrowd?: 0 | 1;
  }[];
  categories?: { id: number; name: string }[];
}

/**
 * Captions and annotated objects of chosen COCO images, in the order of `cocoIds`: for `captionWords`,
 * `annotationFeatures` and `categoryScores`. The archive is the one that `sdc fetch coco` brings; its training and
 * validation parts are read one after the other (captions: 100 MB of JSON, 0.5 GB of memory).
 *
 * @param path `annotations_trainval2017.zip`, or one of the JSON files in it
 * @param cocoIds COCO's number of each stimulus (`coco_id` of `stimuli.tsv`); the same may come twice
 * @throws FileError, FormatError (no annotations in it, not JSON); InputError for an image that it does not have
 * @example
 * const coco = await readCocoAnnotations('annotations_trainval2017.zip', ids);
 * const words = await captionWords(coco.map(({ captions }) => captions), top100);
 */
export async function readCocoAnnotations(
  path: string,
  cocoIds: ArrayLike<number>,
  options: ReadCocoOptions = {},
): Promise<CocoImage[]> {
  const kinds = options.instances ? 'captions|instances' : 'captions';
  const found = new Map<number, CocoImage & { captions: string[]; objects: CocoObject[] }>();
  const wanted = new Set(Array.from(cocoIds));
  let nFiles = 0;
  for await (const { name, bytes } of annotationFiles(path, new RegExp(`(${kinds})_\\w+\\.json$`))) {
    throwIfAborted(options.signal, `reading ${path}`);
    options.onProgress?.({ label: `reading ${path}: ${name}`, done: nFiles });
    nFiles++;
    const { images, annotations, categories = [] } = parse(`${path}: ${name}`, bytes);
    for (const { id, width, height } of images) {
      if (!wanted.has(id) || found.has(id)) continue;
      found.set(id, { cocoId: id, width, height, captions: [], objects: [] });
    }
    const names = new Map(categories.map((category) => [category.id, category.name]));
    for (const { image_id, caption, category_id, bbox, area, iscrowd } of annotations) {
      const image = found.get(image_id);
      if (!image) continue;
      if (caption !== undefined) image.captions.push(caption.trim());
      const category = names.get(category_id ?? Number.NaN);
      if (category === undefined || bbox === undefined) continue;
      image.objects.push({ category, box: bbox, area: area ?? Number.NaN, isCrowd: iscrowd === 1 });
    }
  }
  if (nFiles === 0) {
    throw new FormatError(path, `has no ${kinds.replace('|', ' or ')}_….json`, 'fetch it: sdc fetch coco');
  }
  return Array.from(cocoIds, (id) => {
    const image = found.get(id);
    if (!image) throw new InputError('COCO id', id, `one of the images of ${path}`);
    return image;
  });
}

/** The annotation files of an archive one after the other, or the one file that is none. */
async function* annotationFiles(path: string, pattern: RegExp) {
  if (path.endsWith('.json')) {
    yield { name: path.split(/[\\/]/).at(-1)!, bytes: await readBytes(path) };
    return;
  }
  const names = await withFile(path, async (file) =>
    (await zipEntries(file)).filter(({ name }) => pattern.test(name)).map(({ name }) => name),
  );
  for (const name of names.sort()) {
    const bytes = await withFile(path, async (file) =>
      readZipEntry(file, (await zipEntries(file)).find((entry) => entry.name === name)!),
    );
    yield { name, bytes };
  }
}

function parse(where: string, bytes: Uint8Array): Annotations {
  let value: Partial<Annotations>;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new FormatError(where, `is not JSON (${(cause as Error).message})`, 'fetch it again', cause);
  }
  if (!Array.isArray(value?.images) || !Array.isArray(value.annotations)) {
    throw new FormatError(where, 'has no lists "images" and "annotations"', 'it is no annotation of COCO’s');
  }
  return value as Annotations;
}

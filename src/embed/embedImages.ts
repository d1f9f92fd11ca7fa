import {
  InputError,
  type Matrix,
  matrix,
  nextTurn,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';
import { defaultModel, type ModelOptions, openVisionModel, runModel } from './clipModel.js';
import type { ImageSource } from './imageSources.js';
import { preprocessPicture } from './preprocessPicture.js';
import { openShards } from './shards.js';

export interface EmbedImagesOptions extends ModelOptions, WorkOptions {
  /** Pictures that go through the model together; default 32. Decides speed and memory, not the result. */
  batch?: number;
  /**
   * Folder for finished parts of 1,024 pictures: a later call with the same pictures and model goes on after the last of
   * them. Default none.
   */
  shards?: string;
}

const shardSize = 1024;

/**
 * CLIP embeddings of pictures: the image tower's projected output, not normalised (normalise inside cosines).
 *
 * Pictures are read as they are needed, preprocessed as OpenAI's code does with Pillow (`preprocessPicture`, with the
 * model's own sizes) and run in float32. Memory: the result, a batch, and the model (350 MB for ViT-B/32).
 *
 * @returns nImages × nDims, in the order of the source
 * @throws MissingError if the optional package or the model cannot be loaded, with the command that mends it; FormatError
 *   that names a picture which cannot be decoded; AbortedError (finished shards are kept)
 * @example
 * const embeddings = await embedImages(await imageFolder('stimuli'), { shards: 'cache/embeddings' });
 * await writeNpy('embeddings.npy', embeddings);
 */
export async function embedImages(images: ImageSource, options: EmbedImagesOptions = {}): Promise<Matrix> {
  const { batch = 32, model = defaultModel, signal, onProgress } = options;
  if (!(Number.isInteger(batch) && batch > 0)) throw new InputError('batch', batch, 'a positive integer');
  if (images.length === 0) throw new InputError('number of pictures', 0, 'at least 1');
  const names = Array.from({ length: images.length }, (_, i) => images.nameOf(i));
  const shards = options.shards ? await openShards(options.shards, { model, names, shardSize }) : undefined;
  let vision: Awaited<ReturnType<typeof openVisionModel>> | undefined;
  const parts: Matrix[] = [];
  try {
    for (let start = 0; start < images.length; start += shardSize) {
      const end = Math.min(start + shardSize, images.length);
      let part = await shards?.read(start, end);
      if (!part) {
        vision ??= await openVisionModel(options);
        part = await embedPart(images, start, end, vision, { ...options, batch, model });
        await shards?.write(start, part);
      }
      if (part.shape[1] !== (parts[0] ?? part).shape[1]) {
        throw new InputError(
          'nDims of a shard',
          part.shape[1],
          `${parts[0]!.shape[1]}, as before`,
          'delete the shards',
        );
      }
      parts.push(part);
      throwIfAborted(signal, 'embedding pictures');
      onProgress?.({ label: 'embedding pictures', done: end, total: images.length });
    }
  } finally {
    await vision?.network.dispose();
  }
  const out = matrix(images.length, parts[0]!.shape[1]);
  for (const [i, part] of parts.entries()) out.data.set(part.data, i * shardSize * out.shape[1]);
  return out;
}

async function embedPart(
  images: ImageSource,
  from: number,
  to: number,
  { preprocessing, network, Tensor }: Awaited<ReturnType<typeof openVisionModel>>,
  options: EmbedImagesOptions & { batch: number; model: string },
): Promise<Matrix> {
  let out: Matrix | undefined;
  for (let start = from; start < to; start += options.batch) {
    throwIfAborted(options.signal, 'embedding pictures');
    options.onProgress?.({ label: 'embedding pictures', done: start, total: images.length });
    const indices = Array.from({ length: Math.min(options.batch, to - start) }, (_, i) => start + i);
    const pictures = await Promise.all(indices.map((index) => images.read(index)));
    const inputs = pictures.map((picture) => preprocessPicture(picture, preprocessing));
    const { width, height } = inputs[0]!;
    const pixels = new Float32Array(inputs.length * 3 * width * height);
    for (const [i, input] of inputs.entries()) pixels.set(input.data, i * input.data.length);
    const pixel_values = new Tensor('float32', pixels, [inputs.length, 3, height, width]);
    const { data, nDims } = await runModel(network, { pixel_values }, 'image_embeds', options.model);
    out ??= matrix(to - from, nDims);
    out.data.set(data, (start - from) * nDims);
    await nextTurn();
  }
  return out!;
}

import { FormatError, MissingError } from '../util/index.js';
import type { Preprocessing } from './preprocessPicture.js';
import {
  type ImageProcessorConfig,
  loadTransformers,
  type Model,
  modelPlace,
  type Tokenizer,
} from './transformers.js';

/** Which model makes embeddings, and where it runs. */
export interface ModelOptions {
  /** Name on the Hugging Face hub, or a folder with such a model's files; default CLIP ViT-B/32. */
  model?: string;
  /** Where it runs: `cpu` (default), or what the runtime has: `cuda`, `webgpu`, `dml`, `coreml`. */
  device?: string;
}

export const defaultModel = 'Xenova/clip-vit-base-patch32';

/** Number type of the weights: float32, so that embeddings equal the originals. */
const dtype = 'fp32';

export async function openVisionModel({ model = defaultModel, device = 'cpu' }: ModelOptions) {
  const { AutoImageProcessor, CLIPVisionModelWithProjection, Tensor } = await loadTransformers();
  const { path, isFolder } = modelPlace(model);
  const options = { device, dtype, local_files_only: isFolder };
  const [processor, network] = await loading(model, isFolder, () =>
    Promise.all([
      AutoImageProcessor.from_pretrained(path, options),
      CLIPVisionModelWithProjection.from_pretrained(path, options),
    ]),
  );
  return { preprocessing: preprocessingOf(processor.config, model), network, Tensor };
}

export async function openTextModel({ model = defaultModel, device = 'cpu' }: ModelOptions) {
  const { AutoTokenizer, CLIPTextModelWithProjection } = await loadTransformers();
  const { path, isFolder } = modelPlace(model);
  const options = { device, dtype, local_files_only: isFolder };
  const [tokenizer, network] = await loading(model, isFolder, () =>
    Promise.all([
      AutoTokenizer.from_pretrained(path, options),
      CLIPTextModelWithProjection.from_pretrained(path, options),
    ]),
  );
  return { tokenizer: tokenizer as Tokenizer, network };
}

async function loading<T>(model: string, isFolder: boolean, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if (isFolder)
      throw new FormatError(model, `is no complete model: ${(cause as Error).message}`, undefined, cause);
    throw new MissingError(
      `model ${model}`,
      `cannot be loaded: ${(cause as Error).message}`,
      'check the name and the connection, or give a folder with its files',
      cause,
    );
  }
}

/** Reads what the model's own configuration says of its pictures. */
function preprocessingOf(config: ImageProcessorConfig, model: string): Preprocessing {
  const { size, crop_size, resample = 3 } = config;
  const filter = resample === 3 ? 'bicubic' : resample === 2 ? 'bilinear' : undefined;
  const shortest = typeof size === 'number' ? size : size?.shortest_edge;
  const resize =
    shortest ??
    (typeof size === 'object' && size.width && size.height
      ? { width: size.width, height: size.height }
      : undefined);
  if (!filter || resize === undefined) {
    const found = `${JSON.stringify(size)}, resample ${resample}`;
    throw new FormatError(
      model,
      `its preprocessing (${found}) is unknown here; must be bicubic or bilinear to a size`,
    );
  }
  const crop = typeof crop_size === 'number' ? crop_size : crop_size?.width;
  return {
    ...{ resize, filter, mean: config.image_mean, sd: config.image_std },
    crop: config.do_center_crop === false ? undefined : crop,
  };
}

/** Runs a model and takes its projected output; FormatError if the model has none. */
export async function runModel(network: Model, inputs: object, output: string, model: string) {
  const outputs = await network(inputs);
  const found = outputs[output];
  if (found?.dims.length === 2) return { data: found.data, nDims: found.dims[1]! };
  throw new FormatError(
    model,
    `gives ${Object.keys(outputs).join(', ')}; must give ${output} (a projection)`,
  );
}

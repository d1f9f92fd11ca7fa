import { checkPicture, type DecodedPicture } from './picture.js';
import { type ResizeFilter, resizePicture } from './resizePicture.js';

/** How a model wants its pictures. */
export interface Preprocessing {
  /** Length to which the shorter side is resized (the longer in proportion, rounded down), or both sides. */
  readonly resize: number | { readonly width: number; readonly height: number };
  /** Size of the square cut from the middle; none if undefined. */
  readonly crop?: number;
  readonly filter: ResizeFilter;
  /** Of each channel, on a scale of 0 … 1. */
  readonly mean: readonly [number, number, number];
  readonly sd: readonly [number, number, number];
}

/** What OpenAI's CLIP models with 224-pixel inputs were trained with. */
export const clipPreprocessing: Preprocessing = {
  resize: 224,
  crop: 224,
  filter: 'bicubic',
  mean: [0.48145466, 0.4578275, 0.40821073],
  sd: [0.26862954, 0.26130258, 0.27577711],
};

/**
 * Makes a picture into a model's input, as OpenAI's CLIP does with Pillow and torchvision: resize with antialiasing, cut
 * the middle, (x / 255 − mean) / sd, channels first. Grey becomes three equal channels; alpha is dropped after resizing
 * (what is fully transparent becomes black, as there). A side shorter than the crop is filled with black.
 *
 * @returns 3 × height × width
 * @throws InputError for a picture of zero size, or whose bytes do not fit its size
 */
export function preprocessPicture(
  picture: DecodedPicture,
  preprocessing: Preprocessing = clipPreprocessing,
): { data: Float32Array; width: number; height: number } {
  checkPicture(picture);
  const { resize, crop, filter, mean, sd } = preprocessing;
  const size = typeof resize === 'number' ? shortSideTo(resize, picture) : resize;
  const resized = resizePicture(picture, size.width, size.height, filter);
  const [width, height] = crop === undefined ? [size.width, size.height] : [crop, crop];
  const left = halfRoundedToEven(size.width - width);
  const top = halfRoundedToEven(size.height - height);
  const data = new Float32Array(3 * width * height);
  const { channels } = resized;
  for (let channel = 0; channel < 3; channel++) {
    const from = channels >= 3 ? channel : 0;
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const [u, v] = [x + left, y + top];
        const inside = u >= 0 && v >= 0 && u < size.width && v < size.height;
        const byte = inside ? resized.data[(v * size.width + u) * channels + from]! : 0;
        data[(channel * height + y) * width + x] = (byte / 255 - mean[channel]!) / sd[channel]!;
      }
    }
  }
  return { data, width, height };
}

function shortSideTo(length: number, { width, height }: DecodedPicture): { width: number; height: number } {
  return width <= height
    ? { width: length, height: Math.trunc((length * height) / width) }
    : { width: Math.trunc((length * width) / height), height: length };
}

/** Python's round(n / 2): halves go to the even neighbour. */
function halfRoundedToEven(n: number): number {
  const half = Math.floor(n / 2);
  return n % 2 === 0 ? half : half + (Math.abs(half) % 2);
}

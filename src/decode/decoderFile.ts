import { readSafetensors, writeSafetensors } from '../data/safetensors.js';
import { checkFinite, type NdArray, ndarray, toMatrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import type { Decoder } from './types.js';

/** A decoder and what its file says about it. */
export interface DecoderFile extends Decoder {
  readonly metadata: Record<string, string>;
}

/**
 * Reads a decoder: a safetensors file with `weight` (nVoxels × nDims) and `bias` (nDims), of any real type.
 *
 * @throws FileError if it is missing; FormatError if a tensor is missing, has another shape or is not finite
 */
export async function readDecoder(path: string): Promise<DecoderFile> {
  const { tensors, metadata } = await readSafetensors(path);
  const tensor = (name: string, axes: number) => {
    const found = tensors.get(name);
    if (found?.shape.length === axes) return found;
    const problem = found
      ? `tensor "${name}" has ${found.shape.length} axes, not ${axes}`
      : `has no tensor "${name}"`;
    throw new FormatError(path, problem, 'give a decoder written by "sdc train"');
  };
  const weight = toMatrix(tensor('weight', 2));
  const bias = Float32Array.from(tensor('bias', 1).data as Float32Array);
  if (bias.length !== weight.shape[1]) {
    throw new FormatError(path, `bias has ${bias.length} elements, weight ${weight.shape[1]} columns`);
  }
  try {
    checkFinite(weight, 'weight');
    if (!bias.every(Number.isFinite)) throw new Error('bias is not finite');
  } catch (cause) {
    throw new FormatError(path, (cause as Error).message, undefined, cause);
  }
  return { weight, bias, metadata };
}

/** Writes a decoder as safetensors, float32; the same decoder and metadata give the same bytes. */
export async function writeDecoder(
  path: string,
  decoder: Decoder,
  metadata: Record<string, string> = {},
): Promise<void> {
  const tensors = new Map<string, NdArray>([
    ['weight', decoder.weight],
    ['bias', ndarray(decoder.bias, [decoder.bias.length])],
  ]);
  await writeSafetensors(path, tensors, metadata);
}

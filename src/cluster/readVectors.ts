import { extname } from 'node:path';
import { readNpy } from '../data/npy.js';
import { readSafetensors } from '../data/safetensors.js';
import { checkFinite, type Matrix, type NdArray, type TypedArray, toMatrix } from '../util/array.js';
import { FormatError, InputError } from '../util/errors.js';

/**
 * Reads one participant's voxel vectors, nVoxels × nDims: an `.npy` file, or the tensor `weight` of a
 * `.safetensors` file. They come in memory that threads share, so that clustering need not copy them.
 *
 * @throws FileError, FormatError for a file that is missing, holds no such array or no vectors; InputError for
 *   values that are not finite, or all zero
 */
export async function readVectors(path: string): Promise<Matrix> {
  const array = await readArray(path);
  if (array.shape.length !== 2) {
    throw new FormatError(path, `has ${array.shape.length} axes`, 'give nVoxels × nDims');
  }
  if (array.data.length === 0) {
    throw new FormatError(
      path,
      `holds no vectors (${array.shape.join(' × ')})`,
      'leave this participant out',
    );
  }
  const vectors = shared(toMatrix(array, path));
  checkFinite(vectors, path);
  return vectors;
}

function shared({ data, shape }: Matrix): Matrix {
  if (data.buffer instanceof SharedArrayBuffer) return { data, shape };
  const copy = new Float32Array(new SharedArrayBuffer(data.byteLength));
  copy.set(data);
  return { data: copy, shape };
}

async function readArray(path: string): Promise<NdArray<TypedArray>> {
  const extension = extname(path);
  if (extension === '.npy') return readNpy(path, { shared: true });
  if (extension !== '.safetensors') {
    throw new InputError('file of vectors', path, 'named .npy or .safetensors');
  }
  const weight = (await readSafetensors(path)).tensors.get('weight');
  if (!weight) throw new FormatError(path, 'has no tensor "weight"');
  return weight;
}

import { FormatError, InputError } from '../util/errors.js';
import { readDecoder } from './decoderFile.js';
import { meanOfRuns } from './meanOfRuns.js';
import type { Decoder } from './types.js';

/** The mean of several decoders and how far they lie from it. */
export interface MeanDecoder {
  decoder: Decoder;
  nRuns: number;
  /** Mean over voxels and runs of the cosine between a run's weight vector and the mean's; NaN for voxels of zero. */
  agreement: number;
}

/**
 * Mean of decoders in files, weight by weight, in float64 in the order given; one file is in memory at a time (two
 * passes where there are several, the second for the agreement).
 *
 * @throws InputError for no file; FormatError if shapes differ, naming the file
 */
export async function meanDecoder(paths: readonly string[]): Promise<MeanDecoder> {
  const [first, ...others] = paths;
  if (first === undefined) throw new InputError('decoders', 0, 'at least one file');
  const start = await readDecoder(first);
  if (others.length === 0) return { decoder: start, nRuns: 1, agreement: 1 };
  const [nVoxels, nDims] = start.weight.shape;
  const readSame = async (path: string) => {
    const run = await readDecoder(path);
    if (run.weight.shape[0] === nVoxels && run.weight.shape[1] === nDims) return run;
    throw new FormatError(path, `is ${run.weight.shape.join(' × ')}; the others are ${nVoxels} × ${nDims}`);
  };
  const { weight, bias } = await meanOfRuns(paths.map((path) => () => readSame(path)));
  let total = 0;
  for (const path of paths) total += meanCosine(weight.data, (await readDecoder(path)).weight.data, nDims);
  return { decoder: { weight, bias }, nRuns: paths.length, agreement: total / paths.length };
}

function meanCosine(a: Float32Array, b: Float32Array, nDims: number): number {
  let sum = 0;
  let count = 0;
  for (let start = 0; start < a.length; start += nDims) {
    let [dot, aa, bb] = [0, 0, 0];
    for (let i = start; i < start + nDims; i++) {
      dot += a[i]! * b[i]!;
      aa += a[i]! ** 2;
      bb += b[i]! ** 2;
    }
    if (aa === 0 || bb === 0) continue;
    sum += dot / Math.sqrt(aa * bb);
    count++;
  }
  return sum / count;
}

import type { Matrix } from './array.js';
import { InputError } from './errors.js';

/**
 * Cosine of each row of one matrix with the same row of another, in float64: how alike are two decoders, voxel by voxel?
 *
 * @returns one value a row; NaN where either row is zero
 * @throws InputError if the shapes differ
 * @example const agreement = rowCosines(first.weight, second.weight);
 */
export function rowCosines(first: Matrix, second: Matrix): Float64Array {
  const [nRows, nDims] = first.shape;
  if (second.shape[0] !== nRows || second.shape[1] !== nDims)
    throw new InputError('shape of the second matrix', second.shape, `${nRows} × ${nDims}, as the first`);
  return Float64Array.from({ length: nRows }, (_, row) => {
    let [ab, aa, bb] = [0, 0, 0];
    for (let at = row * nDims; at < (row + 1) * nDims; at++) {
      const [a, b] = [first.data[at]!, second.data[at]!];
      ab += a * b;
      aa += a * a;
      bb += b * b;
    }
    return ab / Math.sqrt(aa * bb);
  });
}

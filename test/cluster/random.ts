import { type Matrix, matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

/**
 * Voxels of several participants: about half of them around a few shared directions, the others anywhere.
 * The same seed gives the same voxels.
 */
export function clumpedVectors(
  seed: number,
  sizes: readonly number[],
  nDims = 16,
  spread = 0.4,
  nShared = 3,
): Matrix[] {
  const stream = randomStream(seed, 'clumped voxels');
  const directions = stream.normals(new Float32Array(nShared * nDims));
  return sizes.map((size) => {
    const own = matrix(size, nDims);
    for (let v = 0; v < size; v++) {
      const shared = stream.integer(2 * nShared);
      for (let k = 0; k < nDims; k++) {
        const centre = shared < nShared ? directions[shared * nDims + k]! : 0;
        own.data[v * nDims + k] = centre + spread * stream.normal();
      }
    }
    return own;
  });
}

// Voxel vectors such as decoders give: in each of 8 participants a third of the voxels lie around 24 directions that
// all share, the rest are noise; both carry noise of one anisotropic covariance (sd of axis k falls as k^−0.4).
import { matrix } from '../../dist/util/array.js';
import { randomStream } from '../../dist/util/random.js';

export function benchVectors(nVoxels, nDims = 512, nParticipants = 8, nShared = 24) {
  const stream = randomStream(0, 'bench', 'cluster');
  const axes = stream.permutation(nDims);
  const sd = Float32Array.from(axes, (k) => (k + 1) ** -0.4);
  const directions = new Float32Array(nShared * nDims);
  for (let at = 0; at < directions.length; at++) directions[at] = sd[at % nDims] * stream.normal();
  return Array.from({ length: nParticipants }, (_, p) => {
    const size = Math.floor(((p + 1) * nVoxels) / nParticipants) - Math.floor((p * nVoxels) / nParticipants);
    const own = matrix(size, nDims);
    for (let v = 0; v < size; v++) {
      const shared = stream.integer(3 * nShared);
      const strength = shared < nShared ? 1 + 0.6 * stream.uniform() : 0;
      const from = (shared % nShared) * nDims;
      const noise = stream.normals(own.data.subarray(v * nDims, (v + 1) * nDims));
      for (let k = 0; k < nDims; k++) noise[k] = sd[k] * noise[k] + strength * directions[from + k];
    }
    return own;
  });
}

/** The rows of all participants in one matrix. */
export function pooled(vectors) {
  const nDims = vectors[0].shape[1];
  const all = matrix(
    vectors.reduce((sum, own) => sum + own.shape[0], 0),
    nDims,
  );
  let at = 0;
  for (const own of vectors) {
    all.data.set(own.data, at);
    at += own.data.length;
  }
  return all;
}

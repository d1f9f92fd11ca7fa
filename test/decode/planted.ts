import type { TrainingData } from '../../src/decode/types.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

/** Betas that are a noisy linear image of random embeddings: every voxel tuned to its own direction. */
export function planted(
  sizes: {
    nStimuli?: number;
    repetitions?: number;
    nVoxels?: number;
    nDims?: number;
    noise?: number;
    seed?: number;
  } = {},
) {
  const { nStimuli = 120, repetitions = 3, nVoxels = 60, nDims = 12, noise = 1, seed = 0 } = sizes;
  const stream = randomStream(seed, 'planted');
  const embeddings = matrix(
    nStimuli,
    nDims,
    stream.child('embeddings').normals(new Float32Array(nStimuli * nDims)),
  );
  const tuning = matrix(nVoxels, nDims, stream.child('tuning').normals(new Float32Array(nVoxels * nDims)));
  const nTrials = nStimuli * repetitions;
  const stimulus = Int32Array.from({ length: nTrials }, (_, trial) => trial % nStimuli);
  const betas = matrix(nTrials, nVoxels, stream.child('noise').normals(new Float32Array(nTrials * nVoxels)));
  for (let trial = 0; trial < nTrials; trial++) {
    for (let v = 0; v < nVoxels; v++) {
      let signal = 0;
      for (let d = 0; d < nDims; d++) {
        signal += tuning.data[v * nDims + d]! * embeddings.data[stimulus[trial]! * nDims + d]!;
      }
      const at = trial * nVoxels + v;
      betas.data[at] = (betas.data[at]! * noise + signal / Math.sqrt(nDims)) / Math.hypot(1, noise);
    }
  }
  return { betas, stimulus, embeddings, tuning } satisfies TrainingData & { tuning: unknown };
}

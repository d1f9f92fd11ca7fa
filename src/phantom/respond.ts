import type { Trials } from '../prepare/types.js';
import { type Matrix, type RowSource, rowOf } from '../util/array.js';
import type { RandomStream } from '../util/random.js';
import { quickNormals } from './quickNormals.js';

/** How noise is made: shares of its variance. */
export interface NoiseRecipe {
  /** Shared by neighbouring voxels (smooth over about 10 mm of cortex). */
  readonly spatial: number;
  /** One signal shared by all voxels of a participant. */
  readonly global: number;
}

/** Everything that decides the responses of one participant's voxels. */
export interface ResponseModel {
  readonly trials: Trials;
  /** nStimuli × nColumns: standardised projections of the pictures that voxels mix. */
  readonly projections: Matrix;
  /** Per voxel, three columns of the projections and their weights; weight 0 for untuned. */
  readonly columns: Int32Array;
  readonly weights: Float32Array;
  /** Per voxel, share of single-trial variance from tuning, and from reliable responses that no embedding explains. */
  readonly tuned: Float32Array;
  readonly unexplained: Float32Array;
  /** nVoxels × nNear neighbouring noise sources and their weights (unit length per voxel). */
  readonly near: Int32Array;
  readonly nearWeights: Float32Array;
  readonly nSources: number;
  readonly noise: NoiseRecipe;
}

/** Noise sources that each voxel listens to. */
export const nNear = 6;

/**
 * Single-trial responses in percent signal change:
 *
 *     z = √tuned · tuning(picture) + √unexplained · own(picture) + √(1 − tuned − unexplained) · noise
 *     beta = round(300 · (mean + scale · z)) / 300
 *
 * mean and scale are drawn per voxel and session. The noise is white, spatial (sources on the cortex, with a slow
 * drift over the session), and global, in the shares of {@link NoiseRecipe}. Sessions have random streams of
 * their own: any block of rows is the same however it is read. One session is held in memory.
 */
export function respond(model: ResponseModel, stream: RandomStream): RowSource {
  const nVoxels = model.tuned.length;
  const { session, nTrials } = model.trials;
  let kept = { session: -1, start: 0, end: 0, betas: new Float32Array(0) };
  const own = ownResponses(model, stream.child('unexplained'));
  const base = stream.child('voxels').normals(new Float64Array(2 * nVoxels));
  const sessionOf = (row: number) => {
    if (session[row] === kept.session) return kept;
    let [start, end] = [row, row + 1];
    while (start > 0 && session[start - 1] === session[row]) start--;
    while (end < nTrials && session[end] === session[row]) end++;
    const betas = simulateSession(model, own, base, start, end, stream.child(`session ${session[row]}`));
    kept = { session: session[row]!, start, end, betas };
    return kept;
  };
  return {
    shape: [nTrials, nVoxels],
    async readRows(start, end, out = new Float32Array((end - start) * nVoxels)) {
      for (let row = start; row < end; ) {
        const block = sessionOf(row);
        const last = Math.min(end, block.end);
        out.set(
          block.betas.subarray((row - block.start) * nVoxels, (last - block.start) * nVoxels),
          (row - start) * nVoxels,
        );
        row = last;
      }
      return out.subarray(0, (end - start) * nVoxels);
    },
  };
}

/** Reliable responses that no embedding explains: random over pictures, shared by neighbours through the sources. */
function ownResponses(model: ResponseModel, stream: RandomStream): Float32Array {
  const nStimuli = model.projections.shape[0];
  return quickNormals(stream, new Float32Array(nStimuli * model.nSources));
}

function simulateSession(
  model: ResponseModel,
  own: Float32Array,
  base: Float64Array,
  start: number,
  end: number,
  stream: RandomStream,
): Float32Array {
  const { columns, near, nSources } = model;
  const nVoxels = model.tuned.length;
  const nRows = end - start;
  const betas = quickNormals(stream.child('white'), new Float32Array(nRows * nVoxels));
  const sources = quickNormals(stream.child('sources'), new Float32Array(nRows * (nSources + 1)));
  addDrift(sources, nRows, nSources + 1, stream.child('drift'));
  const { mean, tuning, local, reliable, white, whole } = voxelGains(model, base, stream.child('session'));
  for (let t = 0; t < nRows; t++) {
    const picture = model.trials.stimulus[start + t]!;
    const projection = rowOf(model.projections, picture);
    const now = sources.subarray(t * (nSources + 1), (t + 1) * (nSources + 1));
    const ownNow = own.subarray(picture * nSources, (picture + 1) * nSources);
    const row = betas.subarray(t * nVoxels, (t + 1) * nVoxels);
    for (let v = 0; v < nVoxels; v++) {
      let sum = mean[v]! + white[v]! * row[v]! + whole[v]! * now[nSources]!;
      for (let k = nNear * v; k < nNear * (v + 1); k++) {
        sum += local[k]! * now[near[k]!]! + reliable[k]! * ownNow[near[k]!]!;
      }
      for (let k = 3 * v; k < 3 * v + 3; k++) sum += tuning[k]! * projection[columns[k]!]!;
      // + 0: an integer has no −0.
      row[v] = (Math.max(-32768, Math.min(32767, Math.round(sum))) + 0) / 300;
    }
  }
  return betas;
}

/** What multiplies each ingredient of each voxel's response in one session, in 1/300 percent. */
function voxelGains(model: ResponseModel, base: Float64Array, stream: RandomStream) {
  const { weights, tuned, unexplained, nearWeights, noise } = model;
  const nVoxels = tuned.length;
  const session = stream.normals(new Float64Array(2 * nVoxels));
  const [mean, white, whole] = [0, 1, 2].map(() => new Float64Array(nVoxels)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const tuning = new Float64Array(3 * nVoxels);
  const [local, reliable] = [new Float64Array(nNear * nVoxels), new Float64Array(nNear * nVoxels)];
  for (let v = 0; v < nVoxels; v++) {
    const scale = 300 * 1.5 * Math.exp(0.2 * base[nVoxels + v]! + 0.1 * session[nVoxels + v]!);
    const noiseScale = scale * Math.sqrt(1 - tuned[v]! - unexplained[v]!);
    mean[v] = 300 * (0.5 + 0.4 * base[v]! + 0.3 * session[v]!);
    white[v] = noiseScale * Math.sqrt(Math.max(0, 1 - noise.spatial - noise.global));
    whole[v] = noiseScale * Math.sqrt(noise.global);
    for (let k = 3 * v; k < 3 * v + 3; k++) tuning[k] = scale * Math.sqrt(tuned[v]!) * weights[k]!;
    for (let k = nNear * v; k < nNear * (v + 1); k++) {
      local[k] = noiseScale * Math.sqrt(noise.spatial) * nearWeights[k]!;
      reliable[k] = scale * Math.sqrt(unexplained[v]!) * nearWeights[k]!;
    }
  }
  return { mean, tuning, local, reliable, white, whole };
}

/** Adds to each source a slow wave over the session, and scales back to variance about 1. */
function addDrift(sources: Float32Array, nRows: number, nSources: number, stream: RandomStream): void {
  const share = 0.1;
  for (let s = 0; s < nSources; s++) {
    const [phase, cycles] = [2 * Math.PI * stream.uniform(), 0.5 + stream.uniform()];
    for (let t = 0; t < nRows; t++) {
      const slow = Math.SQRT2 * Math.sin(phase + (2 * Math.PI * cycles * t) / nRows);
      const i = t * nSources + s;
      sources[i] = Math.sqrt(1 - share) * sources[i]! + Math.sqrt(share) * slow;
    }
  }
}

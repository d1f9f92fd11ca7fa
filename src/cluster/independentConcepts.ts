import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { randomStream } from '../util/random.js';
import { unitRows } from './clusterSpherical.js';
import { type FastIca, fastIca } from './fastIca.js';
import { labelByComponent } from './labelByComponent.js';
import type { Labelled } from './matchClusters.js';
import { principalAxes, projectRows } from './principalAxes.js';

export interface IndependentOptions extends WorkOptions {
  /** Starts, of which the one of greatest contrast is kept; default 10. The iteration has local optima. */
  nStarts?: number;
  /** Of a start, at most; default 200. */
  maxIterations?: number;
  /** Largest change of a component's direction (1 − |cosine|) at which the iteration has settled; default 1e-4. */
  tolerance?: number;
  /** Of the starts; default 0. */
  seed?: number;
}

/** Independent components of the voxels' unit vectors as if they were concepts. */
export interface IndependentConcepts extends Labelled {
  readonly iterations: number;
  /** Whether the iteration settled before maxIterations. */
  readonly converged: boolean;
}

/**
 * Independent components of the unit vectors of all participants pooled: x = mean + A s with the k sources s of
 * unit variance and as independent over voxels as can be, by {@link fastIca} in the space of the k leading principal
 * components. A component's concept vector is its column of A (how the vectors change with the source); a voxel is
 * labelled with its largest source, −1 where none is positive. Signs make the largest values positive.
 *
 * Time O(nVoxels (nDims² + nStarts · iterations · k²) + nDims³), in this thread; the same seed gives the same bytes.
 *
 * @param k number of components, at least 2 and at most the rank of the vectors
 * @throws InputError for k out of range
 */
export async function independentConcepts(
  vectors: readonly Matrix[],
  k: number,
  options: IndependentOptions = {},
): Promise<IndependentConcepts> {
  const { seed = 0, nStarts = 10, maxIterations = 200, tolerance = 1e-4 } = options;
  const x = unitRows(vectors);
  const [n, nDims] = x.shape;
  if (!Number.isInteger(k) || k < 2 || k > Math.min(nDims, n - 1))
    throw new InputError('k', k, `an integer from 2 to ${Math.min(nDims, n - 1)}`);
  if (!Number.isInteger(nStarts) || nStarts < 1)
    throw new InputError('nStarts', nStarts, 'a positive integer');
  const { mean, axes, variance } = await principalAxes(x, k);
  if (!(variance[k - 1]! > 1e-10 * variance[0]!)) {
    throw new InputError('k', k, 'at most the rank of the vectors', 'ask for fewer components');
  }
  const white = projectRows(x, mean, axes);
  for (let at = 0; at < white.length; at++) white[at]! /= Math.sqrt(variance[at % k]!);
  let best: FastIca | undefined;
  for (let start = 0; start < nStarts; start++) {
    const drawn = randomStream(seed, 'independent components', start).normals(new Float32Array(k * k));
    const settings = { signal: options.signal, maxIterations, tolerance };
    const found = await fastIca(white, k, Float64Array.from(drawn), settings);
    if (!best || found.contrast > best.contrast) best = found;
    options.onProgress?.({ label: 'independent components', done: start + 1, total: nStarts });
  }
  const { unmixing, iterations, converged } = best!;
  const sources = new Float64Array(n * k);
  for (let i = 0; i < n; i++) {
    for (let c = 0; c < k; c++) {
      let sum = 0;
      for (let a = 0; a < k; a++) sum += unmixing[c * k + a]! * white[i * k + a]!;
      sources[i * k + c] = sum;
    }
  }
  // The unmixing is orthogonal, so its transpose mixes; whitening is undone by each axis's deviation.
  const mixing = Array.from({ length: k }, (_, c) => {
    const column = new Float64Array(nDims);
    axes.forEach((axis, a) => {
      const weight = unmixing[c * k + a]! * Math.sqrt(variance[a]!);
      for (let d = 0; d < nDims; d++) column[d]! += weight * axis[d]!;
    });
    return column;
  });
  return { ...labelByComponent(vectors, sources, mixing), iterations, converged };
}

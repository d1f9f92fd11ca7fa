import { productKind } from '../engine/chooseEngine.js';
import { type Multiply, openMultiply } from '../engine/multiply.js';
import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { type RandomStream, randomStream } from '../util/random.js';
import type { Labelled } from './matchClusters.js';

export interface SphericalOptions extends WorkOptions {
  /** Starts, of which the best is kept; default 10. */
  nStarts?: number;
  /** Iterations of a start at most; default 100. */
  maxIterations?: number;
  /** Default 0. */
  seed?: number;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
}

/**
 * Spherical k-means (Dhillon and Modha 2001) over the unit vectors of all participants pooled: every voxel belongs to
 * the centre of largest cosine (ties: the first), there is no noise, and k must be known. Starts are drawn as k-means++
 * does, with 1 − cosine for the distance. Cosines are matrix products in float32; where two centres are as near as
 * their error, float64 decides, so the same seed gives the same bytes on every engine.
 *
 * Time O(nStarts · iterations · nVoxels · k · nDims); memory a copy of the vectors and 4 · nVoxels · k bytes.
 *
 * @param k number of clusters, at most the voxels that are not zero; zero vectors are labelled −1
 */
export async function clusterSpherical(
  vectors: readonly Matrix[],
  k: number,
  options: SphericalOptions = {},
): Promise<Labelled> {
  const { nStarts = 10, maxIterations = 100, seed = 0, signal } = options;
  const x = unitRows(vectors);
  const n = x.shape[0];
  if (!Number.isInteger(k) || k < 1 || k > n) throw new InputError('k', k, `an integer from 1 to ${n}`);
  const multiply = await openMultiply(await productKind(options.engine));
  let best: { total: number; means: SphericalMeans } | undefined;
  for (let start = 0; start < nStarts; start++) {
    const means = new SphericalMeans(x, drawCentres(x, k, randomStream(seed, 'spherical k-means', start)));
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      throwIfAborted(signal, 'spherical k-means');
      await nextTurn();
      if (!(await means.assign(multiply))) break;
      means.move();
    }
    const total = means.total();
    if (!best || total > best.total) best = { total, means };
    options.onProgress?.({ label: 'spherical k-means', done: start + 1, total: nStarts });
  }
  const { label, centres } = best!.means;
  let i = 0;
  const labels = vectors.map((own) =>
    Int32Array.from({ length: own.shape[0] }, (_, v) =>
      rowOf(own, v).some((y) => y !== 0) ? label[i++]! : -1,
    ),
  );
  return { labels, vectors: centres };
}

/** Unit vectors of all rows that are not zero, one after another. */
export function unitRows(vectors: readonly Matrix[]): Matrix {
  const nDims = vectors.find((m) => m.shape[0] > 0)?.shape[1] ?? 0;
  const rows: Float32Array[] = [];
  for (const own of vectors) {
    for (let v = 0; v < own.shape[0]; v++) {
      const row = rowOf(own, v);
      const norm = Math.sqrt(row.reduce((sum, y) => sum + y * y, 0));
      if (norm > 0) rows.push(row.map((y) => y / norm));
    }
  }
  const x = matrix(rows.length, nDims);
  for (const [i, row] of rows.entries()) x.data.set(row, i * nDims);
  return x;
}

function dotRows(a: Matrix, i: number, b: Matrix, j: number): number {
  const nDims = a.shape[1];
  const [x, y] = [rowOf(a, i), rowOf(b, j)];
  let [even, odd] = [0, 0];
  let d = 0;
  for (; d + 1 < nDims; d += 2) {
    even += x[d]! * y[d]!;
    odd += x[d + 1]! * y[d + 1]!;
  }
  return even + odd + (d < nDims ? x[d]! * y[d]! : 0);
}

function drawCentres(x: Matrix, k: number, stream: RandomStream): Matrix {
  const [n, nDims] = x.shape;
  const centres = matrix(k, nDims);
  const distance = new Float64Array(n).fill(2);
  for (let c = 0; c < k; c++) {
    const total = distance.reduce((sum, d) => sum + d, 0);
    let left = stream.uniform() * total;
    let chosen = 0;
    while (chosen < n - 1 && (left -= distance[chosen]!) >= 0) chosen++;
    centres.data.set(rowOf(x, chosen), c * nDims);
    for (let i = 0; i < n; i++)
      distance[i] = Math.min(distance[i]!, Math.max(0, 1 - dotRows(x, i, centres, c)));
  }
  return centres;
}

/** The state of one start: which centre each row belongs to, and the sums of the centres' rows. */
class SphericalMeans {
  readonly label: Int32Array;
  readonly #sums: Float64Array;

  constructor(
    readonly x: Matrix,
    readonly centres: Matrix,
  ) {
    this.label = new Int32Array(x.shape[0]).fill(-1);
    this.#sums = new Float64Array(centres.data.length);
  }

  /** Gives each row to the centre it is nearest to; whether any changed. */
  async assign(multiply: Multiply): Promise<boolean> {
    const { x, centres, label } = this;
    const [k, nDims] = centres.shape;
    const turned = matrix(nDims, k);
    for (let c = 0; c < k; c++)
      for (let d = 0; d < nDims; d++) turned.data[d * k + c] = centres.data[c * nDims + d]!;
    const cosines = (await multiply(x, turned)).data;
    // Twice the error of a float32 sum of products of unit vectors, whatever its order.
    const near = 2 * (nDims + 16) * 2 ** -23;
    let changed = false;
    for (let i = 0; i < label.length; i++) {
      const own = cosines.subarray(i * k, (i + 1) * k);
      let [at, second] = [0, Number.NEGATIVE_INFINITY];
      for (let c = 1; c < k; c++) {
        if (own[c]! > own[at]!) [second, at] = [own[at]!, c];
        else if (own[c]! > second) second = own[c]!;
      }
      if (own[at]! - second <= near) at = this.#nearest(i, own, own[at]! - near);
      if (at === label[i]) continue;
      changed = true;
      if (label[i]! >= 0) this.#add(i, label[i]!, -1);
      this.#add(i, at, 1);
      label[i] = at;
    }
    return changed;
  }

  #nearest(i: number, cosines: Float32Array, limit: number): number {
    let [at, largest] = [-1, Number.NEGATIVE_INFINITY];
    for (let c = 0; c < cosines.length; c++) {
      if (cosines[c]! < limit) continue;
      const s = dotRows(this.x, i, this.centres, c);
      if (s > largest) [at, largest] = [c, s];
    }
    return at;
  }

  #add(i: number, c: number, sign: 1 | -1): void {
    const [row, nDims] = [rowOf(this.x, i), this.x.shape[1]];
    for (let d = 0, p = c * nDims; d < nDims; d++, p++) this.#sums[p]! += sign * row[d]!;
  }

  /** Centres become the unit mean of their rows; one without rows, or whose rows cancel, stays where it is. */
  move(): void {
    const [k, nDims] = this.centres.shape;
    const size = new Int32Array(k);
    for (const c of this.label) size[c]!++;
    for (let c = 0; c < k; c++) {
      const sum = this.#sums.subarray(c * nDims, (c + 1) * nDims);
      const norm = Math.sqrt(sum.reduce((s, y) => s + y * y, 0));
      // what is left of rows that cancel or have gone is rounding
      if (norm <= 1e-9 * Math.max(1, size[c]!)) continue;
      const centre = rowOf(this.centres, c);
      for (let d = 0; d < nDims; d++) centre[d] = sum[d]! / norm;
    }
  }

  /** Sum of the rows' cosines to their centres. */
  total(): number {
    return this.label.reduce((sum, c, i) => sum + dotRows(this.x, i, this.centres, c), 0);
  }
}

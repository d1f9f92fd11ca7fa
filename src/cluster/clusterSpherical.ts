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
}

/**
 * Spherical k-means (Dhillon and Modha 2001) over the unit vectors of all participants pooled: every voxel belongs to
 * the centre of largest cosine, there is no noise, and k must be known. Starts are drawn as k-means++ does, with
 * 1 − cosine for the distance. The same seed gives the same bytes.
 *
 * Time O(nStarts · iterations · nVoxels · k · nDims), in this thread.
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
  const [n, nDims] = x.shape;
  if (!Number.isInteger(k) || k < 1 || k > n) throw new InputError('k', k, `an integer from 1 to ${n}`);
  let best = { total: Number.NEGATIVE_INFINITY, label: new Int32Array(n), centres: matrix(k, nDims) };
  for (let start = 0; start < nStarts; start++) {
    const centres = drawCentres(x, k, randomStream(seed, 'spherical k-means', start));
    let label = new Int32Array(n).fill(-1);
    let total = 0;
    for (let iteration = 0; iteration < maxIterations; iteration++) {
      throwIfAborted(signal, 'spherical k-means');
      await nextTurn();
      const now = assignRows(x, centres);
      total = now.total;
      const settled = now.label.every((c, i) => c === label[i]);
      label = now.label;
      if (settled) break;
      moveCentres(x, label, centres);
    }
    if (total > best.total) best = { total, label, centres };
    options.onProgress?.({ label: 'spherical k-means', done: start + 1, total: nStarts });
  }
  let i = 0;
  const labels = vectors.map((own) =>
    Int32Array.from({ length: own.shape[0] }, (_, v) =>
      rowOf(own, v).some((y) => y !== 0) ? best.label[i++]! : -1,
    ),
  );
  return { labels, vectors: best.centres };
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
  let sum = 0;
  for (let d = 0, p = i * nDims, q = j * nDims; d < nDims; d++) sum += a.data[p + d]! * b.data[q + d]!;
  return sum;
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

function assignRows(x: Matrix, centres: Matrix) {
  const n = x.shape[0];
  const label = new Int32Array(n);
  let total = 0;
  for (let i = 0; i < n; i++) {
    let nearest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < centres.shape[0]; c++) {
      const s = dotRows(x, i, centres, c);
      if (s > nearest) [nearest, label[i]] = [s, c];
    }
    total += nearest;
  }
  return { label, total };
}

/** Centres become the unit mean of their rows; one without rows, or whose rows cancel, stays where it is. */
function moveCentres(x: Matrix, label: Int32Array, centres: Matrix): void {
  const [k, nDims] = centres.shape;
  const sums = new Float64Array(k * nDims);
  label.forEach((c, i) => {
    for (let d = 0; d < nDims; d++) sums[c * nDims + d]! += x.data[i * nDims + d]!;
  });
  for (let c = 0; c < k; c++) {
    const sum = sums.subarray(c * nDims, (c + 1) * nDims);
    const norm = Math.sqrt(sum.reduce((s, y) => s + y * y, 0));
    if (norm > 0)
      centres.data.set(
        Float32Array.from(sum, (y) => y / norm),
        c * nDims,
      );
  }
}

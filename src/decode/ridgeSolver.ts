import { Matrix as Dense, EigenvalueDecomposition } from 'ml-matrix';
import { type Matrix, matrix } from '../util/array.js';
import { throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import type { Decoder } from './types.js';

/** The eigendecomposition takes some 5 s at 1,000 rows and grows with the cube; larger problems are factored. */
export const largestDecomposition = 1500;

/** Up to this size the eigendecomposition takes well under a second. */
export const quickDecomposition = 300;

/** Ridge solutions for any penalty from one decomposition. */
export interface RidgeSolver {
  solve(alpha: number): Decoder | Promise<Decoder>;
  /** Generalised cross-validation: (‖Y − Ŷ‖² / n) / (1 − trace(H) / n)², H the hat matrix with the intercept. */
  gcv?(alpha: number): number;
}

/** Float64 throughout, so that small penalties of nearly singular data keep their digits. */
export async function decomposeRidge(
  x: Matrix,
  y: Matrix,
  { signal }: WorkOptions = {},
): Promise<RidgeSolver> {
  const [n, nVoxels] = x.shape;
  const nDims = y.shape[1];
  const kernel = nVoxels > n;
  const meanX = columnMeans(x);
  const meanY = columnMeans(y);
  const xc = centred(x, meanX);
  const yc = centred(y, meanY);
  // rows of `long` are what the Gram matrix pairs: trials in the kernel form, voxels otherwise
  const long = kernel ? xc : transpose(xc, n, nVoxels);
  const [size, length] = kernel ? [n, nVoxels] : [nVoxels, n];
  const gram = Array.from({ length: size }, () => new Float64Array(size));
  for (let i = 0; i < size; i++) {
    for (let j = 0; j <= i; j++) gram[i]![j] = gram[j]![i] = dot(long, i * length, long, j * length, length);
    if (i % 32 === 0) {
      throwIfAborted(signal, 'fitRidge');
      await nextTurn();
    }
  }
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    new Dense(gram as unknown as number[][]),
    { assumeSymmetric: true },
  );
  const values = realEigenvalues.map((value) => Math.max(value, 0));
  const vectors = new Float64Array(size * size).map((_, i) =>
    eigenvectorMatrix.get(Math.floor(i / size), i % size),
  );
  // kernel: Qᵀ Y; otherwise Qᵀ Xᵀ Y
  const right = kernel ? yc : multiply(long, yc, nVoxels, n, nDims);
  const rotated = multiply(transpose(vectors, size, size), right, size, size, nDims);
  const totalY = dot(yc, 0, yc, 0, yc.length);

  return {
    solve(alpha) {
      const scaled = rotated.map((value, i) => value / (values[Math.floor(i / nDims)]! + alpha));
      const inner = multiply(vectors, scaled, size, size, nDims);
      const weight = kernel ? multiply(transpose(xc, n, nVoxels), inner, nVoxels, n, nDims) : inner;
      const bias = meanY.map((mean, d) => {
        let shift = 0;
        for (let v = 0; v < nVoxels; v++) shift += meanX[v]! * weight[v * nDims + d]!;
        return mean - shift;
      });
      return { weight: matrix(nVoxels, nDims, Float32Array.from(weight)), bias: Float32Array.from(bias) };
    },
    gcv(alpha) {
      let trace = 1;
      let residual = totalY;
      for (let i = 0; i < size; i++) {
        const value = values[i]!;
        const shrunk = value / (value + alpha);
        trace += shrunk;
        for (let d = 0; d < nDims; d++) {
          const square = rotated[i * nDims + d]! ** 2;
          // the share of ‖Y‖² along this direction (Qᵀ Xᵀ Y carries the singular value with it)
          const along = kernel ? square : value > 0 ? square / value : 0;
          residual -= along * (1 - (1 - shrunk) ** 2);
        }
      }
      return residual / n / (1 - trace / n) ** 2;
    },
  };
}

function columnMeans({ data, shape: [nRows, nColumns] }: Matrix): Float64Array {
  const means = new Float64Array(nColumns);
  for (let i = 0; i < nRows; i++)
    for (let j = 0; j < nColumns; j++) means[j]! += data[i * nColumns + j]! / nRows;
  return means;
}

function centred({ data }: Matrix, means: Float64Array): Float64Array {
  return Float64Array.from(data, (value, i) => value - means[i % means.length]!);
}

function transpose(a: Float64Array, nRows: number, nColumns: number): Float64Array {
  const out = new Float64Array(a.length);
  for (let i = 0; i < nRows; i++)
    for (let j = 0; j < nColumns; j++) out[j * nRows + i] = a[i * nColumns + j]!;
  return out;
}

function dot(a: Float64Array, atA: number, b: Float64Array, atB: number, length: number): number {
  let sum = 0;
  for (let i = 0; i < length; i++) sum += a[atA + i]! * b[atB + i]!;
  return sum;
}

/** a[m × k] · b[k × n] */
function multiply(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const out = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const factor = a[i * k + p]!;
      for (let j = 0; j < n; j++) out[i * n + j]! += factor * b[p * n + j]!;
    }
  }
  return out;
}

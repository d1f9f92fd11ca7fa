import type { Matrix as Dense } from 'ml-matrix';
import { throwIfAborted } from '../util/errors.js';
import { nextTurn } from '../util/progress.js';

export interface FastIca {
  /** k × k, orthogonal: row c gives source c from white data. */
  readonly unmixing: Float64Array;
  /** Σ over sources of (mean of log cosh s − its mean under a normal distribution)²: how far from normal they are. */
  readonly contrast: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * FastICA with symmetric decorrelation and the contrast log cosh (Hyvärinen, "Fast and robust fixed-point algorithms
 * for independent component analysis", 1999). With g = tanh, rows w of W are renewed together,
 *
 *     w ← mean over points of z g(w·z) − w · mean of g′(w·z),      W ← (W Wᵀ)^−½ W,
 *
 * until no row turns by more than the tolerance (1 − |cosine|).
 *
 * @param white n × k, mean 0 and identity covariance
 * @param start k × k, of full rank
 */
export async function fastIca(
  white: Float64Array,
  k: number,
  start: Float64Array,
  { maxIterations, tolerance, signal }: { maxIterations: number; tolerance: number; signal?: AbortSignal },
): Promise<FastIca> {
  const { EigenvalueDecomposition, Matrix } = await import('ml-matrix');
  const n = white.length / k;
  const decorrelate = (w: Dense): Dense => {
    const { realEigenvalues, eigenvectorMatrix: v } = new EigenvalueDecomposition(w.mmul(w.transpose()), {
      assumeSymmetric: true,
    });
    const root = Matrix.diag(realEigenvalues.map((value) => 1 / Math.sqrt(value)));
    return v.mmul(root).mmul(v.transpose()).mmul(w);
  };
  let w = decorrelate(Matrix.from1DArray(k, k, start));
  for (let iteration = 1; ; iteration++) {
    throwIfAborted(signal, 'independent components');
    await nextTurn();
    const next = decorrelate(Matrix.from1DArray(k, k, step(white, n, k, Float64Array.from(w.to1DArray()))));
    let most = 0;
    for (let c = 0; c < k; c++) {
      let cosine = 0;
      for (let a = 0; a < k; a++) cosine += next.get(c, a) * w.get(c, a);
      most = Math.max(most, Math.abs(1 - Math.abs(cosine)));
    }
    w = next;
    const converged = most < tolerance;
    if (converged || iteration >= maxIterations) {
      const unmixing = Float64Array.from(w.to1DArray());
      return { unmixing, contrast: contrastOf(white, n, k, unmixing), iterations: iteration, converged };
    }
  }
}

const normalLogCosh = 0.374567207;

function contrastOf(white: Float64Array, n: number, k: number, w: Float64Array): number {
  let contrast = 0;
  for (let c = 0; c < k; c++) {
    let mean = 0;
    for (let i = 0; i < n; i++) {
      let source = 0;
      for (let a = 0; a < k; a++) source += w[c * k + a]! * white[i * k + a]!;
      // log cosh without overflow
      mean += (Math.abs(source) + Math.log1p(Math.exp(-2 * Math.abs(source))) - Math.LN2) / n;
    }
    contrast += (mean - normalLogCosh) ** 2;
  }
  return contrast;
}

/** The rows renewed, before decorrelation. */
function step(white: Float64Array, n: number, k: number, w: Float64Array): Float64Array {
  const next = new Float64Array(k * k);
  for (let c = 0; c < k; c++) {
    let slope = 0;
    for (let i = 0; i < n; i++) {
      let source = 0;
      for (let a = 0; a < k; a++) source += w[c * k + a]! * white[i * k + a]!;
      const g = Math.tanh(source);
      slope += 1 - g * g;
      for (let a = 0; a < k; a++) next[c * k + a]! += (g * white[i * k + a]!) / n;
    }
    for (let a = 0; a < k; a++) next[c * k + a]! -= (slope / n) * w[c * k + a]!;
  }
  return next;
}

import { pseudoInverse } from 'ml-matrix';
import { type Matrix, matrix } from '../util/array.js';
import type { Decoder } from './types.js';

/** Patterns times the (pseudo-)inverse of the predictions' covariance: Σₓ W Σ_ŷ⁻¹ with Σ_ŷ = Wᵀ Σₓ W. */
export function unmixPredictions(patterns: Matrix, decoder: Decoder): Matrix {
  const [nVoxels, nDims] = patterns.shape;
  const covariance = Array.from({ length: nDims }, () => new Float64Array(nDims));
  for (let v = 0; v < nVoxels; v++) {
    for (let i = 0; i < nDims; i++) {
      const weight = decoder.weight.data[v * nDims + i]!;
      const row = covariance[i]!;
      for (let j = 0; j < nDims; j++) row[j]! += weight * patterns.data[v * nDims + j]!;
    }
  }
  const inverse = pseudoInverse(covariance.map((row) => Array.from(row)));
  const out = matrix(nVoxels, nDims);
  for (let v = 0; v < nVoxels; v++) {
    for (let i = 0; i < nDims; i++) {
      const value = patterns.data[v * nDims + i]!;
      for (let j = 0; j < nDims; j++) out.data[v * nDims + j]! += value * inverse.get(i, j);
    }
  }
  return out;
}

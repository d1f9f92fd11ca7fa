import { type Matrix, matrix, randomStream } from '../../src/util/index.js';

/** A matrix of standard normals, the same for the same name. */
export function normalMatrix(nRows: number, nColumns: number, name: string, mean = 0): Matrix {
  const data = randomStream(1, 'test', name).normals(new Float32Array(nRows * nColumns));
  return matrix(nRows, nColumns, mean ? data.map((value) => value + mean) : data);
}

/** Cosine in float64, the plain definition. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    ab += a[i]! * b[i]!;
    aa += a[i]! ** 2;
    bb += b[i]! ** 2;
  }
  return ab / Math.sqrt(aa) / Math.sqrt(bb);
}

import { type Matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';

/** What {@link matchClusters} compares: any clustering with concept vectors. */
export interface Labelled {
  readonly labels: readonly Int32Array[];
  /** nClusters × nDims, unit length. */
  readonly vectors: Matrix;
}

/** The partner of each cluster of the first clustering in the second. */
export interface ClusterMatch {
  /** Partner's number, −1 for none. */
  readonly partner: Int32Array;
  /** Cosine of the two concept vectors; NaN without a partner. */
  readonly cosine: Float64Array;
  /** Voxels in both over voxels in either, of the voxels that both clusterings saw; 0 without a partner. */
  readonly overlap: Float64Array;
}

/**
 * Pairs the clusters of two clusterings one to one so that the sum of the cosines of their concept vectors is
 * greatest; pairs below `minCosine` are no pairs.
 *
 * @param participants for each participant of `b` its place in `a`, when `b` saw only some; default all, in order
 */
export function matchClusters(
  a: Labelled,
  b: Labelled,
  minCosine = 0.5,
  participants: readonly number[] = b.labels.map((_, p) => p),
): ClusterMatch {
  const [nA, nDims] = a.vectors.shape;
  const nB = b.vectors.shape[0];
  if (nA && nB && b.vectors.shape[1] !== nDims) {
    throw new InputError('dimensions of the concept vectors', b.vectors.shape[1], `${nDims}, as the other's`);
  }
  const cosines = Array.from({ length: nA }, (_, k) =>
    Float64Array.from({ length: nB }, (_, l) => {
      const [u, v] = [rowOf(a.vectors, k), rowOf(b.vectors, l)];
      const s = u.reduce((sum, x, d) => sum + x * v[d]!, 0);
      return s >= minCosine ? s : 0;
    }),
  );
  const partner = assign(cosines, nB).map((l, k) => (l >= 0 && cosines[k]![l]! > 0 ? l : -1));
  const overlap = Float64Array.from(partner, (l, k) => (l < 0 ? 0 : jaccard(a, b, k, l, participants)));
  return {
    partner,
    cosine: Float64Array.from(partner, (l, k) => (l < 0 ? Number.NaN : cosines[k]![l]!)),
    overlap,
  };
}

function jaccard(a: Labelled, b: Labelled, k: number, l: number, participants: readonly number[]): number {
  let [both, either] = [0, 0];
  participants.forEach((p, q) => {
    const other = b.labels[q]!;
    a.labels[p]!.forEach((label, v) => {
      const [inA, inB] = [label === k, other[v] === l];
      if (inA && inB) both++;
      if (inA || inB) either++;
    });
  });
  return either === 0 ? 0 : both / either;
}

/** One-to-one assignment of rows to columns of greatest total gain (shortest augmenting paths, O(n³)). */
export function assign(gain: readonly Float64Array[], nColumns: number): Int32Array {
  const n = gain.length;
  const m = Math.max(n, nColumns);
  const cost = (i: number, j: number) => (j < nColumns ? -gain[i]![j]! : 0);
  const [rowPrice, columnPrice] = [new Float64Array(n + 1), new Float64Array(m + 1)];
  const rowOfColumn = new Int32Array(m + 1);
  const from = new Int32Array(m + 1);
  for (let i = 1; i <= n; i++) {
    rowOfColumn[0] = i;
    const slack = new Float64Array(m + 1).fill(Number.POSITIVE_INFINITY);
    const done = new Uint8Array(m + 1);
    let column = 0;
    while (rowOfColumn[column] !== 0) {
      done[column] = 1;
      const row = rowOfColumn[column]!;
      let [least, next] = [Number.POSITIVE_INFINITY, 0];
      for (let j = 1; j <= m; j++) {
        if (done[j]) continue;
        const reduced = cost(row - 1, j - 1) - rowPrice[row]! - columnPrice[j]!;
        if (reduced < slack[j]!) {
          slack[j] = reduced;
          from[j] = column;
        }
        if (slack[j]! < least) [least, next] = [slack[j]!, j];
      }
      for (let j = 0; j <= m; j++) {
        if (done[j]) {
          rowPrice[rowOfColumn[j]!]! += least;
          columnPrice[j]! -= least;
        } else slack[j]! -= least;
      }
      column = next;
    }
    for (; column !== 0; column = from[column]!) rowOfColumn[column] = rowOfColumn[from[column]!]!;
  }
  const assigned = new Int32Array(n).fill(-1);
  for (let j = 1; j <= nColumns; j++) if (rowOfColumn[j]! > 0) assigned[rowOfColumn[j]! - 1] = j - 1;
  return assigned;
}

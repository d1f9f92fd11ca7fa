import { midranks } from './auc.js';

/** Ranked columns, each with what the others leave of it. */
export interface PartialRanks {
  /** Ranks of each tested column. */
  readonly ranks: readonly Float64Array[];
  /** Of each tested column, what all other columns leave, of unit length; undefined if (almost) nothing. */
  readonly own: readonly (Float64Array | undefined)[];
  /** Orthonormal columns that span 1 and the others of each tested column. */
  readonly others: readonly (readonly Float64Array[])[];
  /** Partial rank correlation of a score with each tested column; NaN where either has nothing left. */
  correlate(scoreRanks: Float64Array): Float64Array;
}

/**
 * Partial rank correlations of many scores with the same columns: all become ranks, and each tested column is
 * correlated with what is left of a score once the other columns (and 1) are taken out by least squares.
 *
 * With a = own_f · s and R² the squared length of what *all* columns leave of s, the others alone leave R² + a², so
 * that partial_f = a / √(R² + a²): O(nRows · nColumns) a score for all columns together.
 */
export function partialRanks(
  tested: readonly ArrayLike<number>[],
  held: readonly ArrayLike<number>[],
): PartialRanks {
  const rank = (column: ArrayLike<number>) => midranks(column, 'feature');
  const [ranks, constant] = [tested.map(rank), held.map(rank)];
  const others = ranks.map((_, f) => orthonormalBasis([...ranks.filter((_, o) => o !== f), ...constant]));
  const own = ranks.map((column, f) => residual(column, others[f]!));
  const all = orthonormalBasis([...ranks, ...constant]);
  return {
    ...{ ranks, own, others },
    correlate(scoreRanks) {
      const score = centred(scoreRanks);
      const total = dot(score, score);
      const left = all.reduce((sum, axis) => sum - dot(axis, score) ** 2, total);
      return Float64Array.from(own, (column) => {
        if (!column) return Number.NaN;
        const shared = dot(column, score);
        const squared = Math.max(0, left) + shared ** 2;
        return squared > 1e-12 * total ? shared / Math.sqrt(squared) : Number.NaN;
      });
    },
  };
}

/** What the basis leaves of a column, of unit length; undefined if (almost) nothing. */
export function residual(column: Float64Array, basis: readonly Float64Array[]): Float64Array | undefined {
  const left = centred(column);
  const before = Math.sqrt(dot(left, left));
  for (let twice = 0; twice < 2; twice++) {
    for (const axis of basis) {
      const share = dot(axis, left);
      for (let i = 0; i < left.length; i++) left[i]! -= share * axis[i]!;
    }
  }
  const length = Math.sqrt(dot(left, left));
  return length > 1e-6 * before ? left.map((value) => value / length) : undefined;
}

/** Orthonormal columns that span the given ones and 1 (Gram–Schmidt, twice for accuracy). */
function orthonormalBasis(columns: readonly Float64Array[]): Float64Array[] {
  const n = columns[0]?.length ?? 0;
  const basis: Float64Array[] = n ? [new Float64Array(n).fill(1 / Math.sqrt(n))] : [];
  for (const column of columns) {
    const left = residual(column, basis);
    if (left) basis.push(left);
  }
  return basis;
}

function centred(column: Float64Array): Float64Array {
  const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
  return column.map((value) => value - mean);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

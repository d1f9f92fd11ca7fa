import { adjustedRandIndex as randIndexOf } from '../util/adjustedRandIndex.js';
import { InputError } from '../util/errors.js';

/**
 * Adjusted Rand index of two labellings of the same voxels (Hubert and Arabie 1985): 1 for the same partition, 0 in
 * the mean over partitions of the same sizes drawn at random. Noise (−1) counts as one more class.
 */
export function adjustedRandIndex(a: ArrayLike<number>, b: ArrayLike<number>): number {
  checkLabels(a, b);
  return randIndexOf(a, b);
}

/**
 * Adjusted mutual information of two labellings (Vinh, Epps and Bailey 2010), adjusted for chance under fixed
 * sizes and divided by the mean entropy. Noise (−1) counts as one more class. Time O(classes² · voxels) at worst.
 */
export function adjustedMutualInformation(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const { cells, rows, columns, n } = contingency(a, b);
  if (rows.size === columns.size && (rows.size === 1 || rows.size === n)) return 1;
  let mutual = 0;
  for (const [key, count] of cells) {
    const [r, c] = key.split(' ');
    mutual += (count / n) * Math.log((n * count) / (rows.get(Number(r))! * columns.get(Number(c))!));
  }
  const expected = expectedMutualInformation([...rows.values()], [...columns.values()], n);
  const most = (entropy(rows.values(), n) + entropy(columns.values(), n)) / 2;
  const spread = most - expected;
  return (
    (mutual - expected) / (spread < 0 ? Math.min(spread, -Number.EPSILON) : Math.max(spread, Number.EPSILON))
  );
}

function checkLabels(a: ArrayLike<number>, b: ArrayLike<number>): void {
  if (a.length !== b.length) {
    throw new InputError('number of labels', b.length, `${a.length}, as the other labelling's`);
  }
  if (a.length === 0) throw new InputError('number of labels', 0, 'at least 1');
}

function contingency(a: ArrayLike<number>, b: ArrayLike<number>) {
  const n = a.length;
  checkLabels(a, b);
  const [cells, rows, columns] = [
    new Map<string, number>(),
    new Map<number, number>(),
    new Map<number, number>(),
  ];
  for (let i = 0; i < n; i++) {
    const key = `${a[i]} ${b[i]}`;
    cells.set(key, (cells.get(key) ?? 0) + 1);
    rows.set(a[i]!, (rows.get(a[i]!) ?? 0) + 1);
    columns.set(b[i]!, (columns.get(b[i]!) ?? 0) + 1);
  }
  return { cells, rows, columns, n };
}

function entropy(counts: Iterable<number>, n: number): number {
  let sum = 0;
  for (const count of counts) sum -= (count / n) * Math.log(count / n);
  return sum;
}

/** Mean mutual information over all tables with these margins: hypergeometric in each cell. */
function expectedMutualInformation(rows: number[], columns: number[], n: number): number {
  const logFactorial = new Float64Array(n + 1);
  for (let k = 1; k <= n; k++) logFactorial[k] = logFactorial[k - 1]! + Math.log(k);
  const f = (k: number) => logFactorial[k]!;
  let sum = 0;
  for (const r of rows) {
    for (const c of columns) {
      const fixed = f(r) + f(c) + f(n - r) + f(n - c) - f(n);
      for (let k = Math.max(1, r + c - n); k <= Math.min(r, c); k++) {
        const logChance = fixed - f(k) - f(r - k) - f(c - k) - f(n - r - c + k);
        sum += (k / n) * Math.log((n * k) / (r * c)) * Math.exp(logChance);
      }
    }
  }
  return sum;
}

import { InputError } from '../util/index.js';

/** Area under the ROC curve with its 95 % interval. */
export interface Auc {
  /** Probability that a positive scores above a negative, ties counted half. */
  readonly auc: number;
  /** 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly nPositive: number;
  readonly nNegative: number;
}

/**
 * How well scores tell members from others: the area under the ROC curve, with a 95 % score interval (Newcombe,
 * Statistics in Medicine 2006, method 5), which stays sensible at 0 and 1 and for few members. O(n log n).
 *
 * AUC = (Σ ranks of the positives − nPositive (nPositive + 1) / 2) / (nPositive · nNegative), midranks for ties.
 *
 * @param scores one finite score an item
 * @param positive non-zero where the item is a member
 * @throws InputError for unequal lengths, a score that is not finite, or one class only
 */
export function areaUnderCurve(scores: ArrayLike<number>, positive: ArrayLike<number>): Auc {
  if (scores.length !== positive.length) {
    throw new InputError('number of scores', scores.length, `${positive.length}, one an item`);
  }
  const ranks = midranks(scores);
  let nPositive = 0;
  let sum = 0;
  for (let i = 0; i < ranks.length; i++) {
    if (!positive[i]) continue;
    nPositive++;
    sum += ranks[i]!;
  }
  const nNegative = ranks.length - nPositive;
  if (nPositive === 0 || nNegative === 0) {
    throw new InputError(
      'number of members',
      nPositive,
      `from 1 to ${ranks.length - 1}, so that there are others`,
    );
  }
  const auc = (sum - (nPositive * (nPositive + 1)) / 2) / (nPositive * nNegative);
  const limit = (end: 0 | 1) => scoreLimit(auc, nPositive, nNegative, end);
  return { auc, low: limit(0), high: limit(1), nPositive, nNegative };
}

/** Ranks from 1, the mean rank for ties. */
export function midranks(values: ArrayLike<number>, what = 'score'): Float64Array {
  const n = values.length;
  const order = new Uint32Array(n);
  for (let i = 0; i < n; i++) {
    order[i] = i;
    if (!Number.isFinite(values[i])) throw new InputError(`${what} ${i}`, values[i], 'finite');
  }
  order.sort((a, b) => values[a]! - values[b]!);
  const ranks = new Float64Array(n);
  for (let start = 0; start < n; ) {
    let end = start + 1;
    while (end < n && values[order[end]!] === values[order[start]!]) end++;
    for (let i = start; i < end; i++) ranks[order[i]!] = (start + end + 1) / 2;
    start = end;
  }
  return ranks;
}

/** The θ on one side of the estimate with |θ − estimate| = 1.96 sd(θ), by bisection; `end` if there is none. */
function scoreLimit(estimate: number, nPositive: number, nNegative: number, end: 0 | 1): number {
  const half = (nPositive + nNegative) / 2 - 1;
  const inside = (theta: number) => {
    const shape = 1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta));
    const variance = (theta * (1 - theta) * shape) / (nPositive * nNegative);
    return (theta - estimate) ** 2 <= 1.959963984540054 ** 2 * variance;
  };
  let near = estimate;
  let far: number = end;
  if (near === far) return far;
  for (let step = 0; step < 60; step++) {
    const middle = (near + far) / 2;
    if (inside(middle)) near = middle;
    else far = middle;
  }
  return near;
}

import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { namesOr } from './clusterCounts.js';
import { emptyFigure, type Figure, type FigureOptions } from './figure.js';
import { heatFigure } from './heatFigure.js';

export interface SimilarityOptions extends FigureOptions {
  /** Names of rows and columns; their numbers by default. */
  names?: readonly string[];
  /** `similarity` (default) puts similar rows next to each other; `given` keeps the order. */
  order?: 'similarity' | 'given';
  valueName?: string;
}

/** With more, names aslant under the columns run into each other; they are those of the rows. */
const mostColumns = 24;

/**
 * A symmetric matrix of cosines, with similar rows side by side (average-linkage order), on diverging colours from
 * −1 to 1. Only the order is worked out here, never a similarity.
 *
 * Cost: O(n³) for the order of n rows at worst; up to some thousand.
 *
 * @throws InputError if the matrix is not square or the names do not fit
 */
export function similarityMatrix(similarities: Matrix, options: SimilarityOptions = {}): Figure {
  const title = 'How alike are the concepts?';
  const [n, nColumns] = similarities.shape;
  if (n !== nColumns) throw new InputError('similarities shape', similarities.shape, 'square');
  if (n === 0) return emptyFigure('There is no concept to compare.', options, title);
  const names = namesOr(options.names, n, 'names', (i) => `concept ${i}`);
  const order = options.order === 'given' ? names.map((_, i) => i) : similarityOrder(similarities);
  const values = new Float32Array(n * n);
  order.forEach((row, i) => {
    order.forEach((column, j) => {
      values[i * n + j] = similarities.data[row * n + column]!;
    });
  });
  const ordered = order.map((i) => names[i]!);
  return heatFigure(
    {
      ...{ values, rows: ordered, columns: ordered, format: '.2f', scale: 'symmetric', limit: 1, title },
      valueName: options.valueName ?? 'cosine',
      showValues: n <= 14,
      square: true,
      ...(n > mostColumns
        ? { height: 560, hideColumns: true }
        : { height: Math.max(360, Math.min(720, 190 + n * 30)) }),
      description: `Cosine similarity of ${n} concepts, similar ones side by side.`,
    },
    options,
  );
}

type Turn = readonly [boolean, boolean];

/**
 * Leaves of an average-linkage tree, each branch turned so that its nearer end meets its neighbour: an order in
 * which similar rows are adjacent. Ties go to the smaller index; NaN counts as −1.
 */
export function similarityOrder(similarities: Matrix): number[] {
  const n = similarities.shape[0];
  const between = Float64Array.from(similarities.data, (value) => (Number.isNaN(value) ? -1 : value));
  const at = (i: number, j: number) => between[i * n + j]!;
  let groups = Array.from({ length: n }, (_, i) => ({ at: i, leaves: [i] }));
  while (groups.length > 1) {
    let best = [0, 1];
    let bestSimilarity = Number.NEGATIVE_INFINITY;
    for (let a = 0; a < groups.length; a++) {
      for (let b = a + 1; b < groups.length; b++) {
        const similarity = at(groups[a]!.at, groups[b]!.at);
        if (similarity > bestSimilarity) [best, bestSimilarity] = [[a, b], similarity];
      }
    }
    const first = groups[best[0]!]!;
    const second = groups[best[1]!]!;
    const end = (leaves: number[], last: boolean) => leaves[last ? leaves.length - 1 : 0]!;
    const pair = (turnFirst: boolean, turnSecond: boolean) =>
      similarities.data[end(first.leaves, !turnFirst) * n + end(second.leaves, turnSecond)]!;
    const turns: readonly Turn[] = [
      [false, false],
      [true, false],
      [false, true],
      [true, true],
    ];
    let turn = turns[0]!;
    for (const other of turns) if (pair(...other) > pair(...turn)) turn = other;
    const [turnFirst, turnSecond] = turn;
    const leaves = [
      ...(turnFirst ? first.leaves.slice().reverse() : first.leaves),
      ...(turnSecond ? second.leaves.slice().reverse() : second.leaves),
    ];
    const weight = first.leaves.length / leaves.length;
    for (const other of groups) {
      const mean = weight * at(first.at, other.at) + (1 - weight) * at(second.at, other.at);
      between[first.at * n + other.at] = between[other.at * n + first.at] = mean;
    }
    groups = groups
      .filter((group) => group !== second)
      .map((group) => (group === first ? { at: first.at, leaves } : group));
  }
  return groups[0]?.leaves ?? [];
}

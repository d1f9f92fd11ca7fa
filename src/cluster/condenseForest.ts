import type { Forest } from '../engine/pairs.js';
import { UnionFind } from '../util/unionFind.js';

/** One branch of the condensed tree: a cluster over the range of eps in which it is one and none of its own. */
export interface Branch {
  /** The branch it becomes part of at `birthEps` (towards larger eps), −1 for a root. */
  readonly parent: number;
  /** Largest eps of its life: there it meets another branch (or the hierarchy ends). */
  readonly birthEps: number;
  /** Smallest eps of its life: below, it is too small or falls into two branches. */
  readonly topEps: number;
  /** The cosines at birth and top, exactly: 1 − eps before rounding. */
  readonly birth: number;
  readonly top: number;
  /** Core voxels and participants they are of, at birth. */
  readonly size: number;
  readonly participants: number;
  /** Σ over its voxels of ln(birthEps / eps at which the voxel leaves). */
  readonly stability: number;
  /** stability / size: the mean factor, as a logarithm, by which eps can shrink with the voxel still inside. */
  readonly persistence: number;
}

export interface CondensedTree {
  /** Children before parents. */
  readonly branches: readonly Branch[];
  /** The deepest branch each row is in, −1 for none. */
  readonly branchOf: Int32Array;
  /** The cosine above which the row is in none (or in a deeper branch's child): where it leaves its branch. */
  readonly leaves: Float64Array;
}

interface Open {
  size: number;
  owners: Set<number>;
  /** Rows that no branch has yet. */
  loose: number[];
  branch: number;
}

type Growing = { -readonly [K in keyof Branch]: Branch[K] } & { sum: number };

/** λ of a cosine: −ln(eps). Below 1e-6, eps counts as 1e-6, so that duplicates do not weigh without bound. */
export function lambdaOf(similarity: number): number {
  return -Math.log(Math.max(1 - similarity, 1e-6));
}

/**
 * The condensed tree of a maximum forest (heaviest edge first): as eps grows, components of at least `minSize` core
 * voxels of at least `minBranchParticipants` participants are branches; where two branches meet, a new one begins;
 * smaller components and single voxels that a branch meets join it. Merges of equal weight count as one.
 *
 * @param floor cosine at which the hierarchy ends
 */
export function condenseForest(
  forest: Forest,
  owner: Int32Array,
  minSize: number,
  minBranchParticipants: number,
  floor: number,
): CondensedTree {
  const n = owner.length;
  const branches: Growing[] = [];
  const branchOf = new Int32Array(n).fill(-1);
  const leaves = new Float64Array(n).fill(Number.NaN);
  const sets = new UnionFind(n);
  const open = new Map<number, Open>();
  const openOf = (root: number): Open =>
    open.get(root) ?? { size: 1, owners: new Set([owner[root]!]), loose: [root], branch: -1 };

  const join = (rows: number[], branch: number, weight: number) => {
    for (const row of rows) {
      branchOf[row] = branch;
      leaves[row] = weight;
    }
    branches[branch]!.sum += rows.length * lambdaOf(weight);
  };
  const end = (branch: number, whole: Open, weight: number, parent: number) => {
    const own = branches[branch]!;
    own.parent = parent;
    own.birth = weight;
    own.birthEps = 1 - weight;
    own.size = whole.size;
    own.participants = whole.owners.size;
    own.stability = own.sum - whole.size * lambdaOf(weight);
    own.persistence = own.stability / whole.size;
  };
  const begin = (weight: number): number => branches.push({ ...blank, top: weight, topEps: 1 - weight }) - 1;

  for (let from = 0; from < forest.weight.length; ) {
    const weight = forest.weight[from]!;
    let to = from;
    while (to < forest.weight.length && forest.weight[to] === weight) to++;
    for (const parts of meetings(forest, from, to, sets)) {
      const grows = branchAndRow(parts, open);
      if (grows) {
        const { whole, row } = grows;
        join([row], whole.branch, weight);
        whole.size++;
        whole.owners.add(owner[row]!);
        for (const root of parts) open.delete(root);
        open.set(sets.find(row), whole);
        continue;
      }
      const opened = parts.map((root) => ({ ...openOf(root) }));
      const grown = opened.filter((part) => part.branch >= 0);
      const size = opened.reduce((sum, part) => sum + part.size, 0);
      const largest = opened.reduce((a, b) => (b.owners.size > a.owners.size ? b : a));
      for (const part of opened) for (const p of part.owners) largest.owners.add(p);
      const whole: Open = { size, owners: largest.owners, loose: [], branch: -1 };
      const loose = opened.filter((part) => part.branch < 0).map((part) => part.loose);
      if (grown.length === 1) {
        whole.branch = grown[0]!.branch;
      } else if (grown.length > 1) {
        whole.branch = begin(weight);
        for (const part of grown) {
          end(part.branch, part, weight, whole.branch);
          branches[whole.branch]!.sum += part.size * lambdaOf(weight);
        }
      } else if (size >= minSize && whole.owners.size >= minBranchParticipants) whole.branch = begin(weight);
      if (whole.branch >= 0) for (const rows of loose) join(rows, whole.branch, weight);
      else whole.loose = appendAll(loose);
      for (const root of parts) open.delete(root);
      open.set(sets.find(parts[0]!), whole);
    }
    from = to;
  }
  for (const whole of open.values()) if (whole.branch >= 0) end(whole.branch, whole, floor, -1);
  return { branches: branches.map(({ sum: _, ...branch }) => branch), branchOf, leaves };
}

/** The most frequent meeting by far, that of a branch and a single row; undefined for any other. */
function branchAndRow(
  parts: readonly number[],
  open: ReadonlyMap<number, Open>,
): { whole: Open; row: number } | undefined {
  if (parts.length !== 2) return undefined;
  const [a, b] = [open.get(parts[0]!), open.get(parts[1]!)];
  if (a && !b && a.branch >= 0) return { whole: a, row: parts[1]! };
  if (b && !a && b.branch >= 0) return { whole: b, row: parts[0]! };
  return undefined;
}

const blank = {
  parent: -1,
  birth: 0,
  top: 0,
  birthEps: 0,
  topEps: 0,
  size: 0,
  participants: 0,
  stability: 0,
  persistence: 0,
  sum: 0,
};

/** All rows in one of the lists given, the longest, so that growing takes n log n steps in all. */
function appendAll(lists: number[][]): number[] {
  const all = lists.reduce((a, b) => (b.length > a.length ? b : a));
  for (const list of lists) if (list !== all) for (const row of list) all.push(row);
  return all;
}

/**
 * Unites the ends of edges from … to, all of one weight; yields, for each set that results, the roots of the sets it
 * was. Of several edges the sets and roots are in the order of their smallest rows, whichever of the equally heavy
 * forests the edges are of, so that sums over them come out the same to the last bit.
 */
function meetings(forest: Forest, from: number, to: number, sets: UnionFind): Iterable<number[]> {
  if (to - from === 1) {
    const [a, b] = [sets.find(forest.from[from]!), sets.find(forest.to[from]!)];
    return sets.union(a, b) ? [[a, b]] : [];
  }
  const roots = new Set<number>();
  for (let e = from; e < to; e++) {
    roots.add(sets.find(forest.from[e]!));
    roots.add(sets.find(forest.to[e]!));
  }
  for (let e = from; e < to; e++) sets.union(forest.from[e]!, forest.to[e]!);
  const met = new Map<number, number[]>();
  for (const root of [...roots].sort((a, b) => a - b)) {
    const now = sets.find(root);
    const parts = met.get(now);
    if (parts) parts.push(root);
    else met.set(now, [root]);
  }
  return met.values();
}

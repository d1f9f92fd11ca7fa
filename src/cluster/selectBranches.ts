import { type Branch, type CondensedTree, lambdaOf } from './condenseForest.js';
import { outerFence } from './outerFence.js';

/** The disjoint branches of greatest total stability; a branch and what is below it count the branch where equal. */
export function selectBranches(branches: readonly Branch[], rootsToo: boolean): number[] {
  const below = new Float64Array(branches.length);
  const takes = new Uint8Array(branches.length);
  branches.forEach((branch, b) => {
    const allowed = branch.parent >= 0 || rootsToo;
    takes[b] = allowed && branch.stability >= below[b]! ? 1 : 0;
    if (branch.parent >= 0) below[branch.parent]! += takes[b] ? branch.stability : below[b]!;
  });
  // Parents come after their children: from the top down, what lies under a selected branch is not selected.
  const covered = new Uint8Array(branches.length);
  const selected: number[] = [];
  for (let b = branches.length - 1; b >= 0; b--) {
    const { parent } = branches[b]!;
    if (parent >= 0 && (covered[parent] || selected.includes(parent))) covered[b] = 1;
    else if (takes[b]) selected.push(b);
  }
  return selected.reverse();
}

export interface Members {
  /** Each row's selected branch, −1 for none. */
  readonly clusterOf: Int32Array;
  readonly strength: Float32Array;
  /** Smallest cosine among a selected branch's members: where it is cut. */
  readonly cutAt: Map<number, number>;
  /** Smallest cosine to a member at which a row outside can be of its border: at most cutAt. */
  readonly reachAt: Map<number, number>;
}

/**
 * The rows of each selected branch. At its birth a branch also holds what hangs on it by a thread; it is cut within
 * its life where rows · ln(birthEps / eps) is greatest, the largest box under the curve of its rows over eps. Where
 * eps can vary little between birth and top, as for noisy vectors, the box is narrow and leaves out voxels that are
 * like the rest. Its border therefore reaches as far as an eps at which a member would leave could be without being an
 * outlier among the members', by Tukey's fence: ln eps up to 1.5 interquartile ranges above the upper quartile, but
 * not beyond birth.
 */
export function branchMembers(
  { branches, branchOf, leaves }: CondensedTree,
  selected: readonly number[],
): Members {
  const chosen = new Int32Array(branches.length).fill(-1);
  for (const b of selected) chosen[b] = b;
  for (let b = branches.length - 1; b >= 0; b--) {
    const { parent } = branches[b]!;
    if (parent >= 0 && chosen[b]! < 0) chosen[b] = chosen[parent]!;
  }
  const rowsOf = new Map(selected.map((b) => [b, [] as number[]]));
  branchOf.forEach((b, row) => {
    if (b >= 0 && chosen[b]! >= 0) rowsOf.get(chosen[b]!)!.push(row);
  });
  const clusterOf = new Int32Array(branchOf.length).fill(-1);
  const strength = new Float32Array(branchOf.length);
  const cutAt = new Map<number, number>();
  const reachAt = new Map<number, number>();
  for (const [b, rows] of rowsOf) {
    const { birth, top } = branches[b]!;
    // Rows of branches above stay to this one's top.
    const stays = (row: number) => Math.min(leaves[row]!, top);
    rows.sort((v, w) => stays(w) - stays(v));
    let [best, kept] = [-1, 0];
    rows.forEach((row, k) => {
      const box = (k + 1) * (lambdaOf(stays(row)) - lambdaOf(birth));
      if (box > best && (k + 1 === rows.length || stays(rows[k + 1]!) < stays(row)))
        [best, kept] = [box, k + 1];
    });
    const cut = stays(rows[kept - 1]!);
    const fence = outerFence(rows.slice(0, kept).map((row) => Math.exp(-lambdaOf(stays(row)))));
    cutAt.set(b, cut);
    reachAt.set(b, Math.max(birth, Math.min(cut, 1 - fence)));
    const life = lambdaOf(top) - lambdaOf(birth);
    for (const row of rows.slice(0, kept)) {
      clusterOf[row] = b;
      strength[row] = (lambdaOf(stays(row)) - lambdaOf(birth)) / life;
    }
  }
  return { clusterOf, strength, cutAt, reachAt };
}

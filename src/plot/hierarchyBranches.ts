import type { ConceptHierarchy } from '../cluster/index.js';
import type { TreeBranch } from './condensedTree.js';

/** What of a hierarchy is drawn. */
export interface DrawnHierarchy {
  readonly branches: readonly Pick<
    ConceptHierarchy['branches'][number],
    'parent' | 'birthEps' | 'topEps' | 'size' | 'persistence'
  >[];
  /** Branch of each selected cluster. */
  readonly selected: readonly number[];
}

/**
 * The branches of a hierarchy as {@link condensedTree} draws them, the selected ones with the clusters' names. A root
 * lives on to the largest eps of all, far above where anything happens: it is cut off a little above the last meeting.
 *
 * @example condensedTree(hierarchyBranches(hierarchy, names))
 */
export function hierarchyBranches(hierarchy: DrawnHierarchy, names: readonly string[] = []): TreeBranch[] {
  const { branches, selected } = hierarchy;
  // above every meeting, and above the end of a branch that meets no other
  const high = Math.max(...branches.map(({ parent, birthEps, topEps }) => (parent < 0 ? topEps : birthEps)));
  const low = Math.min(...branches.map(({ topEps }) => topEps));
  const limit = high + 0.15 * (high - low || high);
  return branches.map(({ parent, birthEps, topEps, size, persistence }, b) => {
    const cluster = selected.indexOf(b);
    return {
      ...{ parent, epsTop: Math.min(birthEps, limit), epsBottom: topEps },
      ...{ size, persistence, selected: cluster >= 0 },
      ...(cluster >= 0 && { name: names[cluster] ?? `cluster ${cluster}` }),
    };
  });
}

import type { ConceptHierarchy } from '../cluster/index.js';
import type { TreeBranch } from './condensedTree.js';

/**
 * The branches of a hierarchy as {@link condensedTree} draws them, the selected ones with the clusters' names.
 *
 * @example condensedTree(hierarchyBranches(hierarchy, names))
 */
export function hierarchyBranches(
  hierarchy: Pick<ConceptHierarchy, 'branches' | 'selected'>,
  names: readonly string[] = [],
): TreeBranch[] {
  return hierarchy.branches.map(({ parent, birthEps, topEps, size, persistence }, i) => {
    const cluster = hierarchy.selected.indexOf(i);
    return {
      ...{ parent, epsTop: birthEps, epsBottom: topEps, size, persistence, selected: cluster >= 0 },
      ...(cluster >= 0 && { name: names[cluster] ?? `cluster ${cluster}` }),
    };
  });
}

import type { ConceptHierarchy } from '../cluster/index.js';
import type { TreeBranch } from './condensedTree.js';

/**
 * The branches of a hierarchy as {@link condensedTree} draws them, the selected ones with the clusters' names. A root
 * lives on to the largest eps of all, far above where anything happens: it is cut off a little above the last meeting.
 *
 * @example condensedTree(hierarchyBranches(hierarchy, names))
 */
export function hierarchyBranches(
  hierarchy: Pick<ConceptHierarchy, 'branches' | 'selected'>,
  names: readonly string[] = [],
): TreeBranch[] {
  const limit = lastMeeting(hierarchy.branches);
  return hierarchy.branches.map(({ parent, birthEps, topEps, size, persistence }, i) => {
    const cluster = hierarchy.selected.indexOf(i);
    const epsTop = parent < 0 ? Math.max(topEps, Math.min(birthEps, limit)) : birthEps;
    return {
      ...{ parent, epsTop, epsBottom: topEps, size, persistence, selected: cluster >= 0 },
      ...(cluster >= 0 && { name: names[cluster] ?? `cluster ${cluster}` }),
    };
  });
}

/** A little above the largest eps at which branches meet. */
function lastMeeting(branches: ConceptHierarchy['branches']): number {
  const meetings = branches.filter(({ parent }) => parent >= 0).map(({ birthEps }) => birthEps);
  const [low, high] = [Math.min(...branches.map(({ topEps }) => topEps)), Math.max(...meetings)];
  return meetings.length ? high + 0.15 * (high - low) : Number.POSITIVE_INFINITY;
}

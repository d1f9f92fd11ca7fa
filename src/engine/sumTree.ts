/** The leaves from ≤ i < to of a node of the tree. */
export type Node = readonly [from: number, to: number];

const middle = ([from, to]: Node) => (from + to) >> 1;

/**
 * The widest nodes of the balanced binary tree over `whole` that lie within `own`: what one thread can add up by
 * itself so that the total, added along the tree, does not depend on how leaves are shared out.
 */
export function nodesWithin(whole: Node, own: Node): Node[] {
  if (own[1] <= whole[0] || whole[1] <= own[0]) return [];
  if (own[0] <= whole[0] && whole[1] <= own[1]) return [whole];
  const mid = middle(whole);
  return [...nodesWithin([whole[0], mid], own), ...nodesWithin([mid, whole[1]], own)];
}

/**
 * Adds the leaves of a node along the tree: `add(i, j)` adds what stands at j to what stands at i, and the sum of a
 * node stands at its first leaf. Nodes in `done` (by their first and last leaf) have been summed already.
 */
export function addAlongTree(node: Node, add: (i: number, j: number) => void, done?: readonly Node[]): void {
  if (node[1] - node[0] < 2 || done?.some(([from, to]) => from === node[0] && to === node[1])) return;
  const mid = middle(node);
  addAlongTree([node[0], mid], add, done);
  addAlongTree([mid, node[1]], add, done);
  add(node[0], mid);
}

import type { RecoveryScore } from './scoreRecovery.js';

/** A recovery in numbers. */
export interface RecoveryCounts {
  /** Planted concepts that enough participants share: these must be found. */
  readonly shared: number;
  /** How many of them were. */
  readonly found: number;
  /** Concepts of one or few participants that have a cluster and must not. */
  readonly traps: number;
  /** Clusters of nothing that is shared. */
  readonly falseClusters: number;
  /** Agreement of all labels with the planted ones: 1 perfect, 0 as random labels. */
  readonly ari: number;
}

/** How many planted concepts were found, how many traps taken, how many clusters are of nothing. */
export function recoveryCounts({ planted, falseClusters, ari }: RecoveryScore): RecoveryCounts {
  const count = (shared: boolean, found: boolean) =>
    planted.filter((concept) => concept.shared === shared && concept.found === found).length;
  return {
    shared: count(true, true) + count(true, false),
    found: count(true, true),
    traps: count(false, true),
    ...{ falseClusters, ari },
  };
}

import type { Column } from '../data/table.js';
import { adjustedMutualInformation, adjustedRandIndex } from './agreement.js';
import { type Labelled, matchClusters } from './matchClusters.js';

/**
 * Clusterings of the same voxels beside a reference, one row each: number of clusters, of clusters with voxels of
 * several participants (more than half of them), share of voxels labelled, adjusted Rand index and adjusted mutual
 * information with the reference (noise as a class), and how many of the reference's concept vectors have a partner
 * of cosine at least 0.5, and with what mean cosine.
 *
 * @param others clusterings by name, with the same participants and voxels
 * @returns columns of a table, the reference first
 */
export function compareClusterings(
  reference: Labelled,
  others: Readonly<Record<string, Labelled>>,
  name = 'shared',
): Record<string, Column> {
  const flat = ({ labels }: Labelled) => labels.flatMap((own) => Array.from(own));
  const all: [string, Labelled][] = [[name, reference], ...Object.entries(others)];
  const base = flat(reference);
  const rows = all.map(([method, clustering]) => {
    const own = flat(clustering);
    const { partner, cosine } = matchClusters(reference, clustering);
    const cosines = cosine.filter((_, k) => partner[k]! >= 0);
    return {
      method,
      clusters: clustering.vectors.shape[0],
      shared: sharedClusters(clustering),
      labelled: own.filter((label) => label >= 0).length / own.length,
      ari: adjustedRandIndex(base, own),
      ami: adjustedMutualInformation(base, own),
      matched: cosines.length,
      cosine: cosines.reduce((sum, s) => sum + s, 0) / cosines.length,
    };
  });
  const names = Object.keys(rows[0]!) as (keyof (typeof rows)[0])[];
  return Object.fromEntries(names.map((column) => [column, rows.map((row) => row[column])]));
}

function sharedClusters({ labels, vectors }: Labelled): number {
  let shared = 0;
  for (let k = 0; k < vectors.shape[0]; k++) {
    if (labels.filter((own) => own.includes(k)).length > labels.length / 2) shared++;
  }
  return shared;
}

import type { NdArray } from '../util/array.js';
import { InputError } from '../util/errors.js';
import { count } from './axes.js';
import { emptyFigure, type Figure, type FigureOptions } from './figure.js';
import { heatFigure } from './heatFigure.js';

export interface ClusterCountsOptions extends FigureOptions {
  /** Names of the participants; `sub-01`, … by default. */
  participants?: readonly string[];
  /** Names of the clusters; their numbers by default. */
  names?: readonly string[];
}

/**
 * How many voxels each participant has in each cluster: clusters down, participants across.
 *
 * @param clusters its `counts`, nClusters × nParticipants
 * @throws InputError if the names do not fit the counts
 */
export function clusterCounts(
  clusters: { readonly counts: NdArray<Int32Array> },
  options: ClusterCountsOptions = {},
): Figure {
  const title = 'Voxels of each participant in each cluster';
  const { data, shape } = clusters.counts;
  const [nClusters = 0, nParticipants = 0] = shape;
  if (nClusters === 0) return emptyFigure('No cluster was found at this eps.', options, title);
  const rows = namesOr(options.names, nClusters, 'names', (i) => `cluster ${i}`);
  const columns = namesOr(options.participants, nParticipants, 'participants', participantName);
  const total = data.reduce((sum, n) => sum + n, 0);
  return heatFigure(
    {
      ...{ values: data, rows, columns, format: 'd', valueName: 'voxels', scale: 'positive', title },
      description: `${nClusters} clusters by ${nParticipants} participants, ${count(total)} voxels in all.`,
    },
    options,
  );
}

/** Names given, checked for their number, or made. */
export function namesOr(
  names: readonly string[] | undefined,
  n: number,
  what: string,
  make: (i: number) => string,
): readonly string[] {
  if (names && names.length !== n) throw new InputError(`${what} (number)`, names.length, String(n));
  return names ?? Array.from({ length: n }, (_, i) => make(i));
}

export function participantName(i: number): string {
  return `sub-${String(i + 1).padStart(2, '0')}`;
}

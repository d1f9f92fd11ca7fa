import type { ColumnTable } from 'arquero';
import type { compareCeilings } from './nsdCeilings.js';
import type { NsdParticipantPlan } from './planNsd.js';
import type { NsdPreparation, PrepareNsdOptions } from './prepareNsd.js';

/** Item and value of one convention. */
export type Convention = readonly [item: string, value: string];

/**
 * Every convention that decides the numbers of prepared NSD betas, as a table to print and to publish: sessions kept
 * and held out, units, scaling, splits with their counts, both noise ceilings, selection, numbering, voxel order, ROIs.
 * The same rows are in `conventions.tsv` beside the betas and in the study's record (`betas.json`).
 *
 * @param preparations what `prepareNsd` returned, of one participant or of several
 * @returns columns `convention` and one for each participant, by its name
 * @example
 * const done = await prepareNsd(plan.participants[0], 'study/sub-01');
 * show(await nsdConventions(done));
 */
export async function nsdConventions(
  preparations: NsdPreparation | readonly NsdPreparation[],
): Promise<ColumnTable> {
  const all = [preparations].flat() as NsdPreparation[];
  const { table } = await import('arquero');
  const items = [...new Set(all.flatMap(({ conventions }) => conventions.map(([item]) => item)))];
  return table({
    convention: items,
    ...Object.fromEntries(
      all.map(({ participant, conventions }) => {
        const values = new Map(conventions);
        return [participant, items.map((item) => values.get(item) ?? '')];
      }),
    ),
  });
}

/** What a preparation found, as far as its conventions tell of it. */
export interface PreparedFacts {
  readonly dims: readonly number[];
  readonly affineFrom: string;
  /** Voxels that were looked at, and how many of them were selected and never vary. */
  readonly nCandidates: number;
  readonly nVoxels: number;
  readonly constantVoxels: number;
  /** Training images with all repetitions. */
  readonly nImages: number;
  /** Ceilings of the candidates in percent: ours, and NSD's where there is one. */
  readonly own: Float32Array;
  readonly nsd?: Float32Array;
  readonly compared?: ReturnType<typeof compareCeilings>;
  /** Region of each selected voxel, by ROI system. */
  readonly rois: Readonly<Record<string, readonly string[]>>;
}

/** The conventions of one preparation, in the order in which they are printed. */
export function conventionsOf(
  { files, name, sessions, heldOut, trials, counts }: NsdParticipantPlan,
  options: PrepareNsdOptions,
  facts: PreparedFacts,
): Convention[] {
  const { scale = 'zscore', within = ['session'], noiseCeilingAbove = 8, ceiling = 'training' } = options;
  const formats = [...new Set(sessions.map(({ format }) => format))].join(' and ');
  const version = sessions[0]!.path.split('/').slice(-3, -1).join('/');
  const { images } = counts;
  const fit = options.fit === 'train' ? 'training trials' : 'all trials';
  const rows: Convention[] = [
    ['participant', `${files.participant} of the release, ${name} here`],
    ['betas', `${version}, ${formats}, integers divided by 300`],
    [
      'units',
      {
        zscore: 'standard deviations; percent signal change before scaling',
        centre: 'percent signal change about the mean',
        none: 'percent signal change',
      }[scale],
    ],
    [
      'sessions',
      `${sessions.length} kept (${sessions[0]!.session} to ${sessions.at(-1)!.session}), held out: ${heldOut.join(', ') || 'none'}`,
    ],
    ['trials', `${trials.nTrials}, in the order of responses.tsv, repetitions not averaged`],
    ['images', `73KID, from 1; ${counts.repeatedImages} with all repetitions kept`],
    [
      'split',
      `by image: ${counts.trials.train} training, ${counts.trials.validation} validation, ${counts.trials.test} test trials`,
    ],
    [
      'split images',
      `${images.train} training, ${images.validation} validation, ${images.test} test, ${counts.sharedTestImages} of these shared by all participants`,
    ],
    [
      'scaling',
      scale === 'none'
        ? 'none'
        : scale === 'centre'
          ? `mean of each voxel within ${within.join(' and ')} taken out, from ${fit}`
          : `zscore per voxel within ${within.join(' and ')}, population sd + 1e-7, from ${fit}`,
    ],
    [
      'noise ceiling',
      '100 · ncsnr² / (ncsnr² + 1/n) %, n = 1 (single trial); ncsnr = √max(0, 1 − σ²) / σ, σ² the mean over images of the unbiased variance over repetitions of z-scored betas',
    ],
    [
      'noise ceiling, ours',
      `from ${facts.nImages} images with all repetitions in training trials; ${spread(facts.own, noiseCeilingAbove)}`,
    ],
    [
      'noise ceiling, NSD’s',
      facts.nsd
        ? `ncsnr.nii.gz, all sessions of the release; ${spread(facts.nsd, noiseCeilingAbove)}`
        : 'ncsnr.nii.gz is not there',
    ],
  ];
  if (facts.compared) {
    const { nVoxels, correlation, medianDifferencePercent } = facts.compared;
    rows.push([
      'ours against NSD’s',
      `correlation ${correlation.toFixed(3)}, median difference ${medianDifferencePercent.toFixed(2)} % over ${nVoxels} voxels where both are above 0`,
    ]);
  }
  rows.push(
    [
      'selection',
      noiseCeilingAbove === null
        ? 'no noise-ceiling threshold'
        : `noise ceiling (${ceiling === 'nsd' ? 'NSD’s ncsnr' : 'ours'}) > ${noiseCeilingAbove} %`,
    ],
    [
      'voxels',
      `${facts.nVoxels} of ${facts.nCandidates} in ${[options.mask ?? 'volume'].flat().join(', ')}; volume ${facts.dims.join(' × ')}; ${facts.constantVoxels} that never vary left out`,
    ],
    ['voxel order', 'x fastest, then y, then z; indices from 0 in the NIfTI’s own order'],
    ['affine', facts.affineFrom],
    ['ROIs', regions(facts.rois)],
  );
  return rows;
}

/** Median and number above the threshold of a ceiling, over the voxels where it is above 0. */
function spread(percent: Float32Array, above: number | null): string {
  const sorted = percent.filter((value) => value > 0).sort();
  const median = sorted.length
    ? `${sorted[sorted.length >> 1]!.toFixed(1)} % over ${sorted.length} voxels above 0`
    : 'undefined';
  const limit = above ?? 8;
  return `median ${median}, ${percent.reduce((n, value) => n + (value > limit ? 1 : 0), 0)} voxels > ${limit} %`;
}

/** The ROI systems with their regions among the selected voxels. */
function regions(rois: PreparedFacts['rois']): string {
  const sorted = Object.entries(rois).sort(([a], [b]) => (a < b ? -1 : 1));
  const systems = sorted.map(([system, own]) => {
    const names = [...new Set(own)].filter(Boolean).sort();
    const shown = names.length > 12 ? `${names.length} regions` : names.join(', ') || 'no voxel';
    return names.length === 1 && names[0] === system ? system : `${system}: ${shown}`;
  });
  return systems.join('; ') || 'no ROI volumes are there';
}

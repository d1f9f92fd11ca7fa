import type { ColumnTable } from 'arquero';
import { InputError, nextTurn, randomStream, throwIfAborted, type WorkOptions } from '../util/index.js';
import { type ConceptVoxels, countConcepts, nameOf, voxelsByConcept } from './conceptVoxels.js';
import { overlapTest, type RegionTest } from './overlapTest.js';
import { spatialNull } from './spatialNull.js';

export interface RegionOverlapOptions extends WorkOptions {
  /** Names of the ROI systems (columns of the voxel table) to use; default all. */
  systems?: readonly string[];
  /** Random placements of each concept in each participant; default 1000. */
  nPermutations?: number;
  /** Master seed; default 0. */
  seed?: number;
}

/** How concepts overlap with named regions: what {@link regionOverlap} finds. */
export interface RegionOverlap {
  /**
   * One row a concept, participant, system and region with voxels: `concept`, `participant`, `system`, `region`,
   * `nConcept`, `nRegion`, `nOverlap` (voxels), `share` (of the concept's voxels in the region), `expected` (mean
   * share over placements), `z`, `p`, `pCorrected`.
   */
  readonly byParticipant: ColumnTable;
  /**
   * The same for the mean share over participants that have the concept: `nParticipants` instead of the counts. Regions
   * that one of them lacks are left out.
   */
  readonly pooled: ColumnTable;
  /** How the null was made, by participant. */
  readonly nulls: readonly ('spin' | 'shift')[];
}

/**
 * In which regions the voxels of each concept lie, against chance.
 *
 * The share of a concept's voxels in a region is compared with that of random placements of the same voxels that keep
 * their shape (`spatialNull`: a spin of the sphere, or a shift in the volume), among those that land.
 * p = (1 + #{placements with at least this share}) / (1 + nPermutations), one-sided;
 * `pCorrected` compares z with the largest z over all regions of the system in each placement (family-wise, Westfall
 * and Young), so that looking at many regions is paid for; concepts and systems are not corrected for jointly. Pooled
 * p-values rest on the same placements, averaged over participants: they are about these participants (a fixed effect).
 *
 * Voxels outside every region count in the denominator. The same seed gives the same table. Cost: nPermutations · the
 * concepts' voxels look-ups, of some 0.3 µs and a few times that where much of the analysed area is narrow.
 *
 * @throws MissingError if a participant has neither spheres with vertices nor positions; InputError for an unknown
 *   system or sizes that do not fit
 * @example
 * const { pooled } = await regionOverlap(participants, { systems: ['floc'] });
 * pooled.filter((d) => d.pCorrected < 0.05).print();
 */
export async function regionOverlap(
  participants: readonly ConceptVoxels[],
  options: RegionOverlapOptions = {},
): Promise<RegionOverlap> {
  const { nPermutations = 1000, seed = 0 } = options;
  if (!participants.length) throw new InputError('number of participants', 0, 'at least 1');
  if (!(nPermutations >= 1)) throw new InputError('nPermutations', nPermutations, 'at least 1');
  const nConcepts = countConcepts(participants);
  const systems = options.systems ?? [
    ...new Set(participants.flatMap(({ voxels }) => Object.keys(voxels.rois))),
  ];
  const nulls = participants.map(({ voxels, spheres }) => spatialNull(voxels, spheres));
  const rows: Row[] = [];
  const pooled: Row[] = [];
  for (let concept = 0; concept < nConcepts; concept++) {
    const tests = new Map<string, RegionTest[]>();
    for (const [p, own] of participants.entries()) {
      throwIfAborted(options.signal, 'comparing regions');
      options.onProgress?.({
        label: 'comparing regions',
        done: concept * participants.length + p,
        total: nConcepts * participants.length,
      });
      await nextTurn();
      const set = voxelsByConcept(own, nConcepts)[concept]!;
      if (!set.length) continue;
      const random = randomStream(seed, 'regions', nameOf(own, p), concept);
      const placements = Array.from({ length: nPermutations }, () => nulls[p]!.place(set, random));
      for (const system of systems) {
        const regions = regionsOf(own, system);
        const test = overlapTest(set, placements, regions);
        tests.set(system, [...(tests.get(system) ?? []), test]);
        for (const [r, region] of test.names.entries()) {
          rows.push({
            ...{ concept, participant: nameOf(own, p), system, region, nConcept: set.length },
            ...{ nRegion: test.nRegion[r], nOverlap: test.nOverlap[r] },
            ...test.at(r),
          });
        }
      }
    }
    for (const [system, own] of tests)
      pooled.push(...poolTests(own).map((row) => ({ concept, system, ...row })));
  }
  return {
    byParticipant: await tableOf(rows),
    pooled: await tableOf(pooled),
    nulls: nulls.map(({ kind }) => kind),
  };
}

type Row = Record<string, string | number | undefined>;

function regionsOf(own: ConceptVoxels, system: string): readonly string[] {
  const regions = own.voxels.rois[system];
  if (regions?.length === own.voxels.nVoxels) return regions;
  if (regions)
    throw new InputError(`length of ROI system ${system}`, regions.length, `${own.voxels.nVoxels}`);
  throw new InputError(
    'ROI system',
    system,
    `one of ${Object.keys(own.voxels.rois).join(', ') || '(none there)'}`,
  );
}

/** The regions that every participant of the list has, tested by the mean share. */
function poolTests(tests: readonly RegionTest[]): Row[] {
  const names = tests[0]!.names.filter((name) => tests.every((test) => test.names.includes(name)));
  const nPermutations = tests[0]!.nulls[0]?.length ?? 0;
  const mean = (name: string, value: (test: RegionTest, r: number) => number) =>
    tests.reduce((sum, test) => sum + value(test, test.names.indexOf(name)), 0) / tests.length;
  const shares = names.map((name) => mean(name, (test, r) => test.shares[r]!));
  const nulls = names.map((name) =>
    Float64Array.from({ length: nPermutations }, (_, i) => mean(name, (test, r) => test.nulls[r]![i]!)),
  );
  const at = overlapTest.compare(shares, nulls);
  return names.map((region, r) => ({ region, nParticipants: tests.length, ...at(r) }));
}

async function tableOf(rows: readonly Row[]): Promise<ColumnTable> {
  const { table } = await import('arquero');
  const names = Object.keys(rows[0] ?? {});
  return table(Object.fromEntries(names.map((name) => [name, rows.map((row) => row[name])])));
}

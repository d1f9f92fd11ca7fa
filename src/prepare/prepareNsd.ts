import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { applyAffine, readNpy, writeNifti, writeNpy, writeNpyRows, writeTable } from '../data/index.js';
import { FormatError, InputError, throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { ceilingOfNcsnr } from './noiseCeiling.js';
import { ceilingsOf, compareCeilings } from './nsdCeilings.js';
import { type Convention, conventionsOf } from './nsdConventions.js';
import { nsdRegions, readVolume } from './nsdRois.js';
import { scaledSession } from './nsdSession.js';
import { nsdVertices } from './nsdSurface.js';
import { checkSessions, maskOf } from './nsdVolume.js';
import type { NsdParticipantPlan } from './planNsd.js';
import { selectVoxels } from './selectVoxels.js';
import { writeTrials } from './trialsTable.js';
import { writeVoxels } from './voxelsTable.js';
import type { ScalingTrials } from './zscoreBetas.js';

export interface PrepareNsdOptions extends WorkOptions {
  /** `zscore` (default), `centre`, or `none`. The noise ceiling always rests on z-scored betas. */
  scale?: 'zscore' | 'centre' | 'none';
  /** Trial columns that name a group to scale in; `session` must be among them. Defaults to `['session']`. */
  within?: readonly string[];
  /** Trials that set the scale: `all` (default, as the authors) or `train`. */
  fit?: ScalingTrials;
  /** Voxels must lie above this noise ceiling. Defaults to 8 (%); null asks for none. */
  noiseCeilingAbove?: number | null;
  /** Which noise ceiling selects: ours from training repetitions (default), or NSD's own `ncsnr`. */
  ceiling?: 'training' | 'nsd';
  /**
   * Only voxels of these: `volume` (default, everything acquired), `brain`, the name of an ROI volume
   * (`nsdgeneral`), or a region of one (`streams:ventral`); several are joined.
   */
  mask?: string | readonly string[];
  /** Most memory the arrays may take, in bytes. Defaults to 4e9; less means more sweeps over the sessions. */
  memoryBytes?: number;
  /** A folder to keep finished parts in, so that an interrupted run goes on where it was. Removed at the end. */
  scratch?: string;
}

/** What was prepared, and by which conventions; JSON. */
export interface NsdPreparation {
  readonly participant: string;
  readonly nTrials: number;
  readonly nVoxels: number;
  /** Sweeps over the sessions that the noise ceiling took. */
  readonly sweeps: number;
  /** Voxels of the volume that never vary and are left out. */
  readonly constantVoxels: number;
  /** Correlation and median difference of our noise ceiling and NSD's over the voxels where both exist. */
  readonly ceilings?: Readonly<{ nVoxels: number; correlation: number; medianDifferencePercent: number }>;
  /** Every convention that decides the numbers, in the order of printing; `nsdConventions` makes a table of it. */
  readonly conventions: readonly Convention[];
}

/**
 * Prepares one participant of NSD: from the release's files to `betas.npy` (selected voxels, rows in the order of
 * `responses.tsv`), `trials.tsv`, `voxels.tsv`, `noise-ceiling.nii.gz` and `conventions.tsv` in `folder`.
 *
 * Two passes over the sessions: the noise ceiling of every voxel from training repetitions, as many voxels at a
 * time as memory allows; then the selected voxels, session by session. Memory is bounded by `memoryBytes`, whatever
 * the number of sessions. With `fit: 'train'` no validation or test trial moves a byte of the ceiling, the
 * selection, or the training rows.
 *
 * @param plan one participant of {@link planNsd}
 * @throws FileError, FormatError (a session that does not fit its trials, all zero, another size), InputError,
 *   AbortedError
 * @example
 * const plan = await planNsd({ from: ['/data/nsd'], participants: ['subj01', 'subj02'] });
 * for (const one of plan.participants) await prepareNsd(one, `study/${one.name}`);
 */
export async function prepareNsd(
  plan: NsdParticipantPlan,
  folder: string,
  options: PrepareNsdOptions = {},
): Promise<NsdPreparation> {
  const { within = ['session'], noiseCeilingAbove = 8, ceiling = 'training' } = options;
  if (!within.includes('session')) {
    throw new InputError(
      'within',
      within,
      'columns with "session" among them',
      'NSD’s sessions are scaled apart',
    );
  }
  const { files, trials, name } = plan;
  const { dims, affine, affineFrom } = await checkSessions(plan);
  const nVolume = dims[0] * dims[1] * dims[2];
  const candidates = await maskOf(plan, dims, options.mask ?? 'volume');
  const scratch = options.scratch && (await scratchFolder(plan, candidates, options));
  const work = { ...options, scratch };

  const own = await ceilingsOf(plan, candidates, work);
  const ncsnrNsd = files.ncsnr ? (await readVolume(files.ncsnr, dims)).data : undefined;
  const nsd = ncsnrNsd ? ceilingOfNcsnr(ncsnrNsd) : undefined;
  if (ceiling === 'nsd' && !nsd)
    throw new InputError('ceiling', 'nsd', '"training": ncsnr.nii.gz is not there');
  const deciding = ceiling === 'nsd' ? Float32Array.from(candidates, (voxel) => nsd![voxel]!) : own.percent;
  const chosen = selectVoxels(deciding, { above: noiseCeilingAbove, within: own.constant.map((c) => 1 - c) });
  const voxels = Int32Array.from(chosen, (c) => candidates[c]!);

  await mkdir(folder, { recursive: true });
  const percentVolume = new Float32Array(nVolume);
  candidates.forEach((voxel, c) => {
    percentVolume[voxel] = own.percent[c]!;
  });
  await writeNifti(join(folder, 'noise-ceiling.nii.gz'), percentVolume, {
    ...{ dims, affine, description: 'noise ceiling, % of single-trial variance' },
  });
  await writeTrials(join(folder, 'trials.tsv'), trials);
  const ijk = Int32Array.from({ length: 3 * voxels.length }, (_, index) => {
    const voxel = voxels[Math.floor(index / 3)]!;
    return [voxel % dims[0], Math.floor(voxel / dims[0]) % dims[1], Math.floor(voxel / (dims[0] * dims[1]))][
      index % 3
    ]!;
  });
  const { rois, hemisphere } = await nsdRegions(files, voxels, dims);
  const onSurface = files.transforms.has('lh.func1pt8-to-layerB2.mgz')
    ? await nsdVertices(files, ijk)
    : undefined;
  await writeVoxels(join(folder, 'voxels.tsv'), {
    ...{
      nVoxels: voxels.length,
      ijk,
      xyzMm: applyAffine(affine, ijk),
      rois,
      vertex: onSurface?.vertex,
      hemisphere: hemisphere.map((side, v) => onSurface?.hemisphere[v] || side),
    },
    values: {
      noise_ceiling: Float32Array.from(chosen, (c) => own.percent[c]!),
      ncsnr: Float32Array.from(chosen, (c) => own.ncsnr[c]!),
      ...(nsd && { noise_ceiling_nsd: Float32Array.from(voxels, (voxel) => nsd[voxel]!) }),
    },
  });
  const nsdPercent = nsd && Float32Array.from(candidates, (voxel) => nsd[voxel]!);
  const compared = nsdPercent && compareCeilings(own.percent, nsdPercent);
  const constantVoxels = own.constant.reduce((sum, value) => sum + value, 0);
  const conventions = conventionsOf(plan, options, {
    ...{ dims, affineFrom, constantVoxels, compared, rois, nImages: own.nImages },
    ...{ nCandidates: candidates.length, nVoxels: voxels.length, own: own.percent, nsd: nsdPercent },
  });
  await writeTable(join(folder, 'conventions.tsv'), {
    convention: conventions.map(([item]) => item),
    [name]: conventions.map(([, value]) => value),
  });
  await writeNpyRows(join(folder, 'betas.npy'), voxels.length, scaledSessions(plan, voxels, work), {
    nRows: trials.nTrials,
    signal: options.signal,
  });

  if (options.scratch) await rm(options.scratch, { recursive: true, force: true });
  return {
    participant: name,
    nTrials: trials.nTrials,
    nVoxels: voxels.length,
    sweeps: own.sweeps,
    constantVoxels,
    ...(compared && { ceilings: compared }),
    conventions,
  };
}

/** A folder for the parts of exactly this preparation: of these files, trials, voxels and options. */
async function scratchFolder(
  { sessions, trials }: NsdParticipantPlan,
  candidates: Int32Array,
  options: PrepareNsdOptions,
): Promise<string> {
  const { signal: _, onProgress: __, scratch, ...parameters } = options;
  const files = await Promise.all(
    sessions.map(async ({ path }) => {
      const { size, mtimeMs } = await stat(path);
      return [path, size, mtimeMs];
    }),
  );
  const hash = createHash('sha256').update(JSON.stringify([parameters, files, trials.split]));
  for (const column of [trials.stimulus, trials.session, trials.run, candidates]) hash.update(column);
  const folder = join(scratch!, hash.digest('hex').slice(0, 16));
  await mkdir(folder, { recursive: true });
  return folder;
}

/** The selected voxels of each session, scaled, in the order of the trials. */
async function* scaledSessions(
  { sessions, trials, name }: NsdParticipantPlan,
  voxels: Int32Array,
  options: PrepareNsdOptions,
): AsyncGenerator<Float32Array> {
  for (const [index, file] of sessions.entries()) {
    throwIfAborted(options.signal, `preparing ${name}`);
    options.onProgress?.({
      label: `betas of ${name}: session ${file.session}`,
      done: index,
      total: sessions.length,
    });
    const kept =
      options.scratch && join(options.scratch, `session-${file.session}-${voxels.length}-voxels.npy`);
    if (kept && existsSync(kept)) {
      yield (await readNpy(kept)).data as Float32Array;
      continue;
    }
    const silent = { ...options, onProgress: undefined };
    const { betas } = await scaledSession(trials, file, voxels, silent, options.scale ?? 'zscore');
    if (!betas.data.some((value) => value !== 0))
      throw new FormatError(file.path, 'holds nothing but zeros', 'fetch it again');
    if (kept) await writeNpy(kept, betas);
    yield betas.data;
  }
}

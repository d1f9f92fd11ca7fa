import { withHdf5 } from '../data/hdf5File.js';
import { type Affine, readHdf5Masked, readNiftiHeader, readNiftiMasked } from '../data/index.js';
import type { Matrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import type { NsdSessionFile } from './findNsd.js';
import type { PrepareNsdOptions } from './prepareNsd.js';
import type { Trials } from './types.js';
import { zscoreBetas } from './zscoreBetas.js';

/** NSD stores betas as integers: percent signal change times this. */
const betasPerPercent = 300;

/** What a session's file says of itself. */
export interface NsdSessionShape {
  /** x, y, z. */
  readonly dims: readonly [number, number, number];
  readonly nTrials: number;
  /** Only NIfTI files have one. */
  readonly affine?: Affine;
}

/** Size of a session's betas, whichever of its two formats. */
export async function nsdSessionShape({ path, format }: NsdSessionFile): Promise<NsdSessionShape> {
  if (format === 'hdf5') {
    return withHdf5(path, (file) => {
      const { shape } = file.dataset('betas');
      if (shape.length !== 4)
        throw new FormatError(path, `betas are ${shape.join(' × ')}; must be trials × Z × Y × X`);
      return { dims: [shape[3]!, shape[2]!, shape[1]!], nTrials: shape[0]! };
    });
  }
  const { dims, affine } = await readNiftiHeader(path);
  if (dims.length !== 4) throw new FormatError(path, `is ${dims.join(' × ')}; must be X × Y × Z × trials`);
  return { dims: [dims[0]!, dims[1]!, dims[2]!], nTrials: dims[3]!, affine };
}

/**
 * Betas of chosen voxels (`i + nx·(j + ny·k)`) in one session: nTrials × nVoxels, percent signal change. Integers as
 * stored are divided by 300; a file of real numbers, or one whose header scales it, is taken as it is.
 */
export async function readNsdSession(
  file: NsdSessionFile,
  voxels: Int32Array,
  work: WorkOptions = {},
): Promise<Matrix> {
  const { path, format } = file;
  let isScaled: boolean;
  let betas: Matrix;
  if (format === 'hdf5') {
    isScaled = await withHdf5(path, (open) => open.dataset('betas').type.startsWith('float'));
    betas = await readHdf5Masked(path, 'betas', voxels, work);
  } else {
    const { type, slope, intercept } = await readNiftiHeader(path);
    isScaled = type.startsWith('float') || slope !== 1 || intercept !== 0;
    betas = await readNiftiMasked(path, voxels, work);
  }
  if (!isScaled) for (let i = 0; i < betas.data.length; i++) betas.data[i] = betas.data[i]! / betasPerPercent;
  return betas;
}

/** Trials of one session, as a table of their own. */
function sessionTrials(trials: Trials, session: number): { rows: Int32Array; table: Trials } {
  const rows = Int32Array.from(trials.session.keys()).filter((row) => trials.session[row] === session);
  const take = (column: Int32Array) => rows.map((row) => column[row]!);
  const extra = Object.entries(trials.extra).map(([name, column]) => [
    name,
    Array.from(rows, (row) => column[row]!),
  ]);
  const table: Trials = {
    nTrials: rows.length,
    ...{ stimulus: take(trials.stimulus), session: take(trials.session), run: take(trials.run) },
    ...{ repetition: take(trials.repetition), split: Array.from(rows, (row) => trials.split[row]!) },
    extra: Object.fromEntries(extra),
  };
  return { rows, table };
}

/** One session of chosen voxels, scaled, with the rows of the trial table it fills. */
export async function scaledSession(
  trials: Trials,
  file: NsdSessionFile,
  voxels: Int32Array,
  { within = ['session'], fit = 'all', signal, onProgress }: PrepareNsdOptions,
  mode: 'zscore' | 'centre' | 'none',
): Promise<{ rows: Int32Array; betas: Matrix }> {
  const { rows, table } = sessionTrials(trials, file.session);
  const raw = await readNsdSession(file, voxels, { signal, onProgress });
  if (mode === 'none') return { rows, betas: raw };
  try {
    return { rows, betas: zscoreBetas(raw, table, { by: within, from: fit, mode }) };
  } catch (error) {
    if (error instanceof FormatError) throw new FormatError(file.path, error.message, undefined, error);
    throw error;
  }
}

import { freemem } from 'node:os';
import { readNpy } from '../data/npy.js';
import { openNpyRows } from '../data/npyRows.js';
import { checkReferences, inspectBetas } from '../decode/checkData.js';
import type { TrainingData } from '../decode/types.js';
import { readTrials } from '../prepare/trialsTable.js';
import type { Split, Trials } from '../prepare/types.js';
import { toMatrix } from '../util/array.js';
import { FormatError, InputError, isSharedConceptsError } from '../util/errors.js';
import type { Command, OptionValues } from './command.js';

/** Options of every command that fits something to one participant's betas. */
export const decodeOptions = {
  betas: { type: 'string' },
  trials: { type: 'string' },
  embeddings: { type: 'string' },
  out: { type: 'string' },
} satisfies Command['options'];

export const describeDecode: Record<string, string> = {
  betas: 'responses, nTrials × nVoxels (.npy); read in rows where they do not fit in memory',
  trials: 'trial table (.tsv): stimulus (0-based row of the embeddings), split; only "train" rows train',
  embeddings: 'embeddings of the stimuli, nStimuli × nDims (.npy)',
};

/** One participant's data, as the files of a command name them. */
export interface DecodeInputs {
  data: TrainingData;
  trials: Trials;
  /** Rows of a split, ascending. */
  rowsOf(split: Split): Int32Array;
  /** Does work with errors about the data saying which file they are about. */
  naming<T>(work: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** The value of an option that must be given. */
export function needed(options: OptionValues, name: string, what: string): string {
  const value = options[name];
  if (typeof value !== 'string' || value === '')
    throw new InputError(`--${name}`, value ?? 'not given', what);
  return value;
}

/**
 * Opens `--betas`, `--trials` and `--embeddings`, and checks what the fit itself will not look at: the trials that
 * are held out.
 */
export async function openDecodeInputs(options: OptionValues): Promise<DecodeInputs> {
  const betasPath = needed(options, 'betas', 'a .npy file of betas');
  const trialsPath = needed(options, 'trials', 'a trial table');
  const embeddingsPath = needed(options, 'embeddings', 'a .npy file of embeddings');
  const trials = await readTrials(trialsPath);
  const embeddings = toMatrix(await readNpy(embeddingsPath), embeddingsPath);
  const file = await openNpyRows(betasPath);
  const rowsOf = (split: Split) =>
    Int32Array.from(trials.split.keys()).filter((row) => trials.split[row] === split);
  const naming: DecodeInputs['naming'] = async (work) => {
    try {
      return await work();
    } catch (error) {
      if (!isSharedConceptsError(error) || error.tag !== 'input') throw error;
      const what = error.what ?? '';
      const path = /^betas/.test(what)
        ? betasPath
        : /^embeddings/.test(what)
          ? embeddingsPath
          : /^stimulus/.test(what) && trialsPath;
      throw path ? new FormatError(path, error.message, undefined, error) : error;
    }
  };
  try {
    const [nTrials, nVoxels] = file.shape;
    if (trials.nTrials !== nTrials) {
      const problem = `has ${trials.nTrials} trials, but ${betasPath} has ${nTrials} rows`;
      throw new FormatError(trialsPath, problem, 'give the table that belongs to these betas');
    }
    const train = rowsOf('train');
    if (train.length === 0) throw new FormatError(trialsPath, 'has no row whose split is "train"');
    const fits = nTrials * nVoxels * 4 < freemem() / 2;
    const betas = fits ? toMatrix(await readNpy(betasPath)) : file;
    const data: TrainingData = { betas, stimulus: trials.stimulus, embeddings, rows: train };
    await naming(async () => {
      checkReferences(data, Int32Array.from(trials.split.keys()));
      const heldOut = [...rowsOf('validation'), ...rowsOf('test')];
      if (heldOut.length) await inspectBetas(data, Int32Array.from(heldOut));
    });
    return { data, trials, rowsOf, naming, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

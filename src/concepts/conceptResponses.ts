import type { ColumnTable } from 'arquero';
import type { Betas, Trials } from '../prepare/index.js';
import {
  InputError,
  isMatrix,
  nextTurn,
  rowSource,
  throwIfAborted,
  type WorkOptions,
} from '../util/index.js';

/** What is needed to measure one participant's responses. */
export interface ConceptResponseInput {
  /** nTrials × nVoxels, z-scored per voxel and session: 0 is the voxel's mean over all pictures. */
  readonly betas: Betas;
  readonly trials: Trials;
  /** Columns of the betas: the concept's voxels. */
  readonly voxels: ArrayLike<number>;
}

export interface ConceptResponseOptions extends WorkOptions {
  /** Trials to use; default those of all splits. */
  rows?: ArrayLike<number>;
}

/**
 * The measured response of a concept's voxels to each picture: mean over its voxels and over the trials that showed
 * it, then over the participants who saw it. In the betas' unit, sd of single trials where they are z-scored.
 *
 * Betas are read once, in blocks of 256 trials.
 *
 * @returns columns `stimulus`, `response`, `nTrials`, `nParticipants`; ascending stimuli, only those shown
 * @throws InputError if sizes do not fit, no voxel is given, or a used beta is not finite
 */
export async function conceptResponses(
  participants: readonly ConceptResponseInput[],
  options: ConceptResponseOptions = {},
): Promise<ColumnTable> {
  const sums = new Map<number, { response: number; nTrials: number; nParticipants: number }>();
  for (const [p, own] of participants.entries()) {
    const means = await participantMeans(own, p, options);
    for (const [stimulus, { sum, n }] of means) {
      const entry = sums.get(stimulus) ?? { response: 0, nTrials: 0, nParticipants: 0 };
      entry.response += sum / n;
      entry.nTrials += n;
      entry.nParticipants++;
      sums.set(stimulus, entry);
    }
  }
  const stimuli = [...sums.keys()].sort((a, b) => a - b);
  const { table } = await import('arquero');
  return table({
    stimulus: stimuli,
    response: stimuli.map((s) => sums.get(s)!.response / sums.get(s)!.nParticipants),
    nTrials: stimuli.map((s) => sums.get(s)!.nTrials),
    nParticipants: stimuli.map((s) => sums.get(s)!.nParticipants),
  });
}

async function participantMeans(own: ConceptResponseInput, p: number, options: ConceptResponseOptions) {
  const { betas, trials, voxels } = own;
  const [nTrials, nVoxels] = betas.shape;
  if (trials.nTrials !== nTrials) {
    throw new InputError(`trials of participant ${p}`, trials.nTrials, `${nTrials}, the rows of the betas`);
  }
  if (voxels.length === 0)
    throw new InputError(`voxels of participant ${p}`, 0, 'at least 1', 'leave it out');
  for (const v of Array.from(voxels)) {
    if (!(v >= 0 && v < nVoxels)) throw new InputError(`voxel of participant ${p}`, v, `in [0, ${nVoxels})`);
  }
  const use = new Uint8Array(nTrials).fill(options.rows ? 0 : 1);
  for (const row of Array.from(options.rows ?? [])) use[row] = 1;
  const source = isMatrix(betas) ? rowSource(betas) : betas;
  const means = new Map<number, { sum: number; n: number }>();
  for (let start = 0; start < nTrials; start += 256) {
    throwIfAborted(options.signal, 'measuring responses');
    options.onProgress?.({ label: `measuring responses of participant ${p}`, done: start, total: nTrials });
    const end = Math.min(start + 256, nTrials);
    const block = await source.readRows(start, end);
    for (let t = start; t < end; t++) {
      if (!use[t]) continue;
      let sum = 0;
      for (let i = 0; i < voxels.length; i++) sum += block[(t - start) * nVoxels + voxels[i]!]!;
      if (!Number.isFinite(sum)) {
        throw new InputError(
          `betas of participant ${p}, trial ${t}`,
          sum,
          'finite in all voxels of the concept',
        );
      }
      const entry = means.get(trials.stimulus[t]!) ?? { sum: 0, n: 0 };
      entry.sum += sum / voxels.length;
      entry.n++;
      means.set(trials.stimulus[t]!, entry);
    }
    await nextTurn();
  }
  return means;
}

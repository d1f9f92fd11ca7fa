import type { ColumnTable } from 'arquero';
import type { Betas, Trials } from '../prepare/index.js';
import { InputError, isMatrix, matrix, rowSource, throwIfAborted, type WorkOptions } from '../util/index.js';
import { type ConceptResponseInput, conceptResponses } from './conceptResponses.js';

/** One participant's betas and the concept of each voxel. */
export interface MeasuredParticipant {
  /** nTrials × nVoxels, z-scored per voxel and session: 0 is the voxel's mean over all pictures. */
  readonly betas: Betas;
  readonly trials: Trials;
  /** Concept of each voxel, −1 for none. */
  readonly labels: Int32Array;
  /** Ascending trials to use, of this participant; default all. To measure fairly, those that no decoder saw. */
  readonly rows?: Int32Array;
}

/**
 * The measured response of every concept's voxels to each picture: mean over a participant's voxels of the concept and
 * over the trials that showed it, then over the participants who saw it and have the concept. Betas are read once, in
 * blocks of 256 trials, for all concepts.
 *
 * @param nConcepts labels are −1 … nConcepts − 1
 * @returns one table a concept: `stimulus`, `response`, `nTrials`, `nParticipants`, ascending stimuli, only those shown
 * @throws InputError if sizes do not fit, a label is out of range, or a used beta is not finite
 * @example
 * const measured = await measureConcepts([{ betas, trials, labels: clusters.labels[0] }], clusters.nClusters);
 */
export async function measureConcepts(
  participants: readonly MeasuredParticipant[],
  nConcepts: number,
  options: WorkOptions = {},
): Promise<ColumnTable[]> {
  const means: ConceptMeans[] = [];
  for (const [p, own] of participants.entries()) {
    options.onProgress?.({ label: 'measuring responses', done: p, total: participants.length });
    means.push(await conceptMeans(own, p, nConcepts, options.signal));
  }
  const tables: ColumnTable[] = [];
  for (let concept = 0; concept < nConcepts; concept++) {
    const own = means.filter((_, p) => participants[p]!.labels.includes(concept));
    tables.push(
      await conceptResponses(own.map(({ betas, trials }) => ({ betas, trials, voxels: [concept] }))),
    );
  }
  return tables;
}

/** One column a concept in place of a voxel. */
type ConceptMeans = Omit<ConceptResponseInput, 'voxels'>;

/** Mean beta over each concept's voxels in every trial that is used: nRows × nConcepts. */
async function conceptMeans(
  { betas, trials, labels, rows }: MeasuredParticipant,
  p: number,
  nConcepts: number,
  signal?: AbortSignal,
): Promise<ConceptMeans> {
  const [nTrials, nVoxels] = betas.shape;
  if (trials.nTrials !== nTrials)
    throw new InputError(`trials of participant ${p}`, trials.nTrials, `${nTrials}, the rows of the betas`);
  if (labels.length !== nVoxels)
    throw new InputError(`labels of participant ${p}`, labels.length, `${nVoxels}, the columns of the betas`);
  const counts = new Int32Array(nConcepts);
  for (const label of labels) {
    if (label >= nConcepts) throw new InputError(`label of participant ${p}`, label, `in [-1, ${nConcepts})`);
    if (label >= 0) counts[label]!++;
  }
  const used = rows ?? Int32Array.from({ length: nTrials }, (_, t) => t);
  const means = matrix(used.length, nConcepts);
  const source = isMatrix(betas) ? rowSource(betas) : betas;
  const sums = new Float64Array(nConcepts);
  for (let r = 0; r < used.length; ) {
    throwIfAborted(signal, 'measuring responses');
    let end = r + 1;
    while (end < used.length && used[end] === used[end - 1]! + 1 && end - r < 256) end++;
    const block = await source.readRows(used[r]!, used[end - 1]! + 1);
    for (let t = r; t < end; t++) {
      sums.fill(0);
      for (let v = 0; v < nVoxels; v++)
        if (labels[v]! >= 0) sums[labels[v]!]! += block[(t - r) * nVoxels + v]!;
      for (let c = 0; c < nConcepts; c++) means.data[t * nConcepts + c] = sums[c]! / (counts[c]! || 1);
    }
    r = end;
  }
  const stimulus = Int32Array.from(used, (t) => trials.stimulus[t]!);
  return { betas: means, trials: { ...trials, nTrials: used.length, stimulus } };
}

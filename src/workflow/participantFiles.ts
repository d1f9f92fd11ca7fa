import { stat } from 'node:fs/promises';
import { openNpyRows, readNpy } from '../data/index.js';
import { type Betas, readTrials, type Trials } from '../prepare/index.js';
import { type StudyConfig, studyPaths, type UnitContext } from '../study/index.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { FormatError } from '../util/errors.js';

/** Betas up to this size are held in memory; larger ones are read in row blocks. */
const inMemoryBytes = 2 ** 31;

/** What training and its vectors need of one participant. */
export interface ParticipantData {
  betas: Betas;
  trials: Trials;
  embeddings: Matrix;
  /** Rows of the training trials. */
  trainRows: Int32Array;
  close(): Promise<void>;
}

/** Opens the betas, trials and embeddings of one participant and checks that they belong together. */
export async function openParticipant({ input }: UnitContext, participant: string): Promise<ParticipantData> {
  const path = input(studyPaths.betas(participant));
  const trials = await readTrials(input(studyPaths.trials(participant)));
  const embeddings = toMatrix(await readNpy(input(studyPaths.embeddings)), 'embeddings');
  const large = (await stat(path)).size > inMemoryBytes;
  const source = large ? await openNpyRows(path) : undefined;
  const betas = source ?? toMatrix(await readNpy(path), path);
  if (betas.shape[0] !== trials.nTrials) {
    throw new FormatError(
      path,
      `has ${betas.shape[0]} rows, but trials.tsv has ${trials.nTrials}`,
      'write one row a trial',
    );
  }
  const trainRows = Int32Array.from(trials.split.keys()).filter((row) => trials.split[row] === 'train');
  return { betas, trials, embeddings, trainRows, close: async () => source?.close() };
}

/** Paths every decode unit of a participant reads. */
export function participantInputs(participant: string): string[] {
  return [studyPaths.betas(participant), studyPaths.trials(participant), studyPaths.embeddings];
}

/** Options of fitDecoder that a study sets. */
export function trainingOptions({ decode }: StudyConfig) {
  const { steps, batch: batchSize, learningRate, temperature, noiseSd, initScale } = decode;
  return { steps, batchSize, learningRate, temperature, noiseSd, initScale };
}

import { existsSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Clusters, readClusters, readVectors } from '../cluster/index.js';
import type { ConceptCard, Vocabulary } from '../concepts/index.js';
import { fetchManifest, readNpy, readTable } from '../data/index.js';
import { type Decoder, readDecoder, type VectorKind } from '../decode/index.js';
import { liveProgress } from '../notebook/liveProgress.js';
import type { TrainingCurve } from '../plot/index.js';
import { readTrials, readVoxels, type Split, type Trials, type VoxelTable } from '../prepare/index.js';
import {
  type RunUnitsOptions,
  readStudyConfig,
  type StageName,
  type StudyConfig,
  studyPaths,
} from '../study/index.js';
import { type Matrix, toMatrix } from '../util/array.js';
import { FileError, InputError, isSharedConceptsError } from '../util/errors.js';
import { interruptSignal } from '../util/interrupt.js';
import { type InitStudyOptions, initStudy } from './initStudy.js';
import { readCards } from './readCards.js';
import { readVocabulary } from './readVocabulary.js';
import { runStudy, type StudyRun } from './runStudy.js';
import { readRetrieval, readTraining, type StudyRetrieval } from './studyCurves.js';

/** What a study folder holds of one participant, in memory: what `fitDecoder` and its kin take. */
export interface StudyParticipant {
  readonly name: string;
  /** nTrials × nVoxels: scaled and selected. */
  readonly betas: Matrix;
  readonly trials: Trials;
  readonly voxels: VoxelTable;
  /** nStimuli × nDims, the study's own. */
  readonly embeddings: Matrix;
  /** 0-based row of the embeddings of each trial. */
  readonly stimulus: Int32Array;
  /** Training trials: rows of the betas. */
  readonly rows: Int32Array;
  /** Trials of any split. */
  rowsOf(split: Split): Int32Array;
}

/** A study folder opened for a notebook: see {@link openStudy}. */
export interface Study {
  readonly folder: string;
  readonly config: StudyConfig;
  /** Names, in the order of every list over participants. */
  readonly participants: readonly string[];
  /** Runs what is not done yet, with a progress line in the cell, until the cell is interrupted. */
  run(options?: RunUnitsOptions): Promise<StudyRun>;
  /** Absolute path of a file of the study. */
  path(relative: string): string;
  /** One participant's data, once the study is prepared. */
  participant(name: string): Promise<StudyParticipant>;
  embeddings(): Promise<Matrix>;
  /** The table of stimuli; one row a row of the embeddings. */
  stimuli(): ReturnType<typeof readTable>;
  /** The vocabulary in the embeddings' space. */
  words(): Promise<Vocabulary>;
  /** The participant's decoder: the mean of its runs, once the study is decoded. */
  decoder(name: string): Promise<Decoder>;
  /** Retrieval scores of a participant's decoders (`metrics.tsv`). */
  metrics(name: string): ReturnType<typeof readTable>;
  /** Retrieval of every decoder and participant on held-out trials, for `retrievalCurves` and tables. */
  retrieval(): Promise<StudyRetrieval>;
  /** Loss and similarity over each participant's first run, for `lossCurves`. */
  training(): Promise<TrainingCurve[]>;
  /** Voxel vectors of every participant, once the study is decoded. */
  vectors(kind: VectorKind): Promise<Matrix[]>;
  /** The clusters of the `index`-th clustering of study.json, once the study is clustered. */
  clusters(index?: number): Promise<Clusters>;
  /** The cards of its concepts, once the study's concepts are read. */
  cards(index?: number): Promise<ConceptCard[]>;
  /** A table of that clustering's folder, by the name of its file: `regions.tsv` (docs/study-folder.md lists them). */
  results(name: string, index?: number): ReturnType<typeof readTable>;
}

/** Options of {@link openStudy}. */
export interface OpenStudyOptions extends InitStudyOptions {
  /** Folder in which studies of a named source are kept. Default `SDC_STUDIES`, else `studies`. */
  studies?: string;
  /** Source to open instead where this one's files are neither here nor to be had; said in the cell. */
  otherwise?: string;
}

/**
 * Opens a study for work in a notebook. A source's name (`phantom`, `finger7t`) opens the study of that name in
 * `studies`, made if it is not there yet; anything else is the path of a study folder. Nothing is computed: what a
 * notebook needs it runs with `study.run({ to: 'prepare' })`, which does only what is not done.
 *
 * @throws FileError if the folder has no study.json; FormatError if that is wrong
 * @example
 * const study = await openStudy('phantom'); // or the folder of your own study
 * await study.run({ to: 'decode' });
 * const { betas, trials } = await study.participant('sub-01');
 */
export async function openStudy(source: string, options: OpenStudyOptions = {}): Promise<Study> {
  const { otherwise, ...own } = options;
  if (otherwise !== undefined && !(await canFetch(source, own))) {
    console.log(`The files of ${source} are not here and cannot be fetched; this is ${otherwise} instead.`);
    return openStudy(otherwise, own);
  }
  const folder = await studyFolder(source, own);
  const config = await readStudyConfig(folder);
  await noteOpened(folder);
  const path = (relative: string) => join(folder, relative);
  const matrixOf = async (relative: string) => toMatrix(await readNpy(path(relative)), relative);
  const clusterOf = (index: number) => {
    const cluster = config.cluster[index];
    if (!cluster) throw new InputError('index', index, `0 to ${config.cluster.length - 1}`);
    return cluster;
  };
  let kept: Promise<Matrix> | undefined;
  const embeddings = () => {
    kept ??= after('embed', () => matrixOf(studyPaths.embeddings)).catch((error: unknown) => {
      kept = undefined; // they may be there the next time
      throw error;
    });
    return kept;
  };
  return {
    ...{ folder, config, participants: config.participants, path, embeddings },
    async run(run = {}) {
      const onProgress = run.onProgress ?? liveProgress();
      const result = await runStudy(folder, { signal: interruptSignal(), ...run, onProgress });
      const { ran, skipped, seconds } = result;
      const label = `${ran.length} units ran, ${skipped.length} were up to date, ${seconds.toFixed(1)} s`;
      onProgress({ label, done: 1, total: 1 });
      return result;
    },
    async participant(name) {
      checkName(config, name);
      const trials = await after('embed', () => readTrials(path(studyPaths.trials(name))));
      const rowsOf = (split: Split) =>
        Int32Array.from(trials.split.keys()).filter((row) => trials.split[row] === split);
      return {
        ...{ name, trials, stimulus: trials.stimulus, rows: rowsOf('train'), rowsOf },
        betas: await matrixOf(studyPaths.betas(name)),
        voxels: await readVoxels(path(studyPaths.voxels(name))),
        embeddings: await embeddings(),
      };
    },
    stimuli: () => after('embed', () => readTable(path(studyPaths.stimuli))),
    words: () =>
      after(
        'embed',
        () => readVocabulary(path),
        '; data of your own have words where they have words.tsv and word-embeddings.npy',
      ),
    decoder: async (name) => {
      const file = path(studyPaths.meanDecoder(checkName(config, name)));
      return after('decode', () => readDecoder(file));
    },
    metrics: async (name) => {
      const file = path(studyPaths.metrics(checkName(config, name)));
      return after('decode', () => readTable(file));
    },
    retrieval: () => after('decode', () => readRetrieval(config, path)),
    training: () => after('decode', () => readTraining(config, path)),
    vectors: (kind) => {
      const files = config.participants.map((name) => path(studyPaths.vectors(name, kind)));
      return after('decode', () => Promise.all(files.map((file) => readVectors(file))));
    },
    clusters: async (index = 0) => {
      const folder = path(studyPaths.concepts(clusterOf(index)));
      return after('cluster', () => readClusters(folder));
    },
    cards: async (index = 0) => {
      const cluster = clusterOf(index);
      return after('concepts', () => readCards(cluster, path));
    },
    results: async (name, index = 0) => {
      const file = path(`${studyPaths.concepts(clusterOf(index))}/${name}`);
      return after('concepts', () => readTable(file));
    },
  };
}

/** Reads what a stage writes; where it is not there yet, the error says what to run. */
async function after<T>(stage: StageName, read: () => Promise<T>, more = ''): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!isSharedConceptsError(error) || error.tag !== 'file') throw error;
    if ((error.cause as NodeJS.ErrnoException | undefined)?.code !== 'ENOENT') throw error;
    const fix = `run the study that far first: await study.run({ to: '${stage}' })${more}`;
    throw new FileError(String(error.what), 'is missing', fix, error.cause);
  }
}

/** Where `SDC_OPENED` names a file, adds the folder to it, a line each: so a supplement knows which studies to show. */
async function noteOpened(folder: string): Promise<void> {
  const list = process.env['SDC_OPENED'];
  if (list) await appendFile(list, `${folder}\n`);
}

async function studyFolder(source: string, { studies, ...options }: OpenStudyOptions): Promise<string> {
  if (!['phantom', 'finger7t', 'nsd'].includes(source)) return resolve(source);
  const folder = resolve(studies ?? process.env['SDC_STUDIES'] ?? 'studies', source);
  if (!existsSync(join(folder, 'study.json'))) await initStudy(source, folder, options);
  return folder;
}

/** Whether a source's files are in the cache or can be brought there now. */
async function canFetch(source: string, { from }: OpenStudyOptions): Promise<boolean> {
  try {
    await fetchManifest(source, { from, signal: interruptSignal(), onProgress: liveProgress(), retries: 0 });
    return true;
  } catch (error) {
    if (isSharedConceptsError(error) && error.tag === 'file') return false;
    throw error;
  }
}

function checkName({ participants }: StudyConfig, name: string): string {
  if (!participants.includes(name))
    throw new InputError('participant', name, `one of ${participants.join(', ')}`);
  return name;
}

import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { featureNames } from '../phantom/index.js';
import { checkStudyConfig, type StudyConfig } from '../study/index.js';
import { FileError, InputError } from '../util/errors.js';

/** Options of {@link initStudy}. */
export interface InitStudyOptions {
  /** Master seed. Default 0. */
  seed?: number;
  /** Local folders that hold the source's files already; searched before the cache and the network. */
  from?: readonly string[];
  /** Participants, in the source's own names (subj01, …) or as sub-01. Default: all of the source. */
  participants?: readonly string[];
  /** Size of the phantom: tiny is for tests. Default small. */
  size?: 'tiny' | 'small' | 'workshop' | 'paper';
  /** Further options of the source, as the phantom's or NSD's preparation takes them. */
  sourceOptions?: Record<string, unknown>;
}

type DeepPartial = { [key: string]: unknown };

/**
 * Makes a study folder: writes its study.json, and nothing else.
 *
 * @param source `finger7t`, `phantom`, `nsd`, or the path of a folder with `embeddings.npy` and, for each participant,
 *   `sub-NN/betas.npy` and `sub-NN/trials.tsv` (it becomes the study folder itself if it is `folder`)
 * @param folder made if needed; a study.json that is there already is never overwritten by another one
 * @returns the configuration written, defaults filled in
 * @throws InputError for an unknown source, FileError if the folder holds another study
 */
export async function initStudy(
  source: string,
  folder: string,
  options: InitStudyOptions = {},
): Promise<StudyConfig> {
  const config = await checkStudyConfig({
    $schema: 'https://unpkg.com/shared-concepts/dist/study/study.schema.json',
    ...(await template(source, folder, options)),
    seed: options.seed ?? 0,
  });
  const path = join(folder, 'study.json');
  const text = `${JSON.stringify(config, null, 2)}\n`;
  if (existsSync(path)) {
    if ((await readFile(path, 'utf8')) === text) return config;
    throw new FileError(
      path,
      'is there already and differs',
      'choose another folder, or edit or delete that file',
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(path, text);
  return config;
}

async function template(source: string, folder: string, options: InitStudyOptions): Promise<DeepPartial> {
  const from = options.from?.length ? { from: options.from.map((path) => resolve(path)) } : {};
  switch (source) {
    case 'finger7t':
      return {
        ...fingerStudy,
        participants: options.participants ?? numbered(7),
        source: { kind: 'finger7t', ...from },
      };
    case 'phantom':
      return phantomStudy(options);
    case 'nsd':
      return nsdStudy(options, from);
    default:
      return ownStudy(source, folder, options);
  }
}

/**
 * The finger study. Five conditions and some 35 trials: few steps, nearly zero initial weights, and whole-run folds.
 * z-scored per voxel within run, which uses no labels.
 */
const fingerStudy = {
  name: 'finger7t',
  prepare: { scale: 'zscore', within: ['run'] },
  decode: { steps: 200, batch: 30, initScale: 0.02, foldsBy: 'run', topK: [1, 2, 3] },
  cluster: [
    { vectors: 'weights', eps: 0.2 },
    // In four dimensions everything chains together at usual radii; at a cosine of 0.99 small groups stand apart.
    { vectors: 'patterns', eps: 0.01, minSize: 10 },
  ],
  // Of five stimuli no two concepts' most associated ones can be told apart.
  concepts: { top: 5, pairs: 0 },
};

/**
 * The phantom: nearly zero initial weights, and patterns, which its planted truth supports; beside them the paper's
 * weights, and tuning, the baseline without any decoder.
 */
function phantomStudy({ size = 'small', participants, sourceOptions }: InitStudyOptions): DeepPartial {
  const names = participants ?? numbered(8);
  const minParticipants = Math.min(3, Math.max(1, names.length - 1));
  return {
    name: `phantom (${size})`,
    source: { kind: 'phantom', size, ...(sourceOptions ? { options: sourceOptions } : {}) },
    participants: names,
    prepare: { noiseCeilingAbove: 8 },
    decode: { ...phantomTraining[size], initScale: 0.02 },
    cluster: [
      { vectors: 'patterns', eps: 0.2, minParticipants },
      { vectors: 'weights', eps: 0.6, minParticipants },
      { vectors: 'tuning', eps: 0.12, minParticipants },
    ],
    concepts: { features: [...phantomFeatures], ...(size === 'small' ? { permutations: 200 } : {}) },
    // What needs a null or another method's clusters is for the size that is neither a quick demonstration nor as large as NSD.
    ...(size !== 'workshop' ? {} : { significance: { draws: 19 }, comparisons: true }),
  };
}

/**
 * Steps grow with the study; the paper's for its size. The others have few pictures, each shown often: a short
 * training in large batches, before participants' decoders learn what is theirs alone (docs/phantom.md).
 */
const phantomTraining = {
  tiny: { steps: 40, batch: 512, learningRate: 1e-3 },
  small: { steps: 40, batch: 512, learningRate: 1e-3 },
  workshop: { steps: 200, batch: 512, learningRate: 1e-3 },
  paper: { steps: 5001 },
};

/** Reproducing the paper: its weights, 50 reruns, eps 0.60, noise ceiling above 8 %; tuning and patterns beside. */
function nsdStudy(options: InitStudyOptions, from: { from?: string[] }): DeepPartial {
  if (!from.from) {
    throw new InputError(
      '--from',
      undefined,
      'the folder of an NSD release',
      'fetch one first: sdc fetch nsd --participants subj01 --accept-terms',
    );
  }
  const names = options.participants ?? Array.from({ length: 8 }, (_, index) => `subj0${index + 1}`);
  const participants = names.map((name) => name.replace(/^subj(\d+)$/, 'sub-$1'));
  const minParticipants = Math.min(3, Math.max(1, participants.length - 1));
  return {
    name: 'nsd',
    source: { kind: 'nsd', ...from, ...(options.sourceOptions ? { options: options.sourceOptions } : {}) },
    participants,
    prepare: { scale: 'zscore', within: ['session'], noiseCeilingAbove: 8 },
    decode: { runs: 50, initScale: 1 },
    cluster: [
      { vectors: 'weights', eps: 0.6, minParticipants },
      { vectors: 'tuning', eps: 0.12, minParticipants },
    ],
  };
}

/** Columns of the phantom's stimuli.tsv that tell pictures apart; the hue is an angle and cannot be correlated. */
const phantomFeatures = featureNames.filter((name) => name !== 'hue');

async function ownStudy(source: string, folder: string, options: InitStudyOptions): Promise<DeepPartial> {
  const root = resolve(source);
  if (!existsSync(root)) {
    throw new InputError(
      'source',
      source,
      'finger7t, phantom, nsd, or a folder with betas.npy, trials.tsv and embeddings.npy',
    );
  }
  if (!existsSync(join(root, 'embeddings.npy'))) {
    throw new FileError(
      join(root, 'embeddings.npy'),
      'is missing',
      'write the stimulus embeddings there (nStimuli × nDims)',
    );
  }
  const found = (await readdir(root)).filter(
    (name) => /^sub-/.test(name) && existsSync(join(root, name, 'betas.npy')),
  );
  const participants = options.participants ?? found.sort();
  if (participants.length < 2) {
    throw new InputError(
      `participants in ${source}`,
      participants,
      'at least two folders sub-NN with betas.npy and trials.tsv',
    );
  }
  const inPlace = root === resolve(folder);
  return {
    name: root.split('/').at(-1) || 'study',
    source: inPlace ? { kind: 'folder' } : { kind: 'folder', from: [root] },
    participants,
    prepare: { scale: inPlace ? 'none' : 'zscore' },
    cluster: [
      { vectors: 'patterns', eps: 0.2, minParticipants: Math.min(3, participants.length - 1) },
      { vectors: 'tuning', eps: 0.12, minParticipants: Math.min(3, participants.length - 1) },
    ],
  };
}

function numbered(n: number): string[] {
  return Array.from({ length: n }, (_, index) => `sub-${String(index + 1).padStart(2, '0')}`);
}

import { type Matrix, matrix, rowOf } from '../util/array.js';
import { InputError, throwIfAborted } from '../util/errors.js';
import { nextTurn, type WorkOptions } from '../util/progress.js';
import { randomStream } from '../util/random.js';
import { makeCortex } from './cortex.js';
import { drawShared, drawTrials, participantName, splitAll } from './drawTrials.js';
import { embedPictures } from './embedPictures.js';
import { loadPictures } from './loadPictures.js';
import { makeParticipant } from './makeParticipant.js';
import { multiplyPictures } from './multiplyPictures.js';
import { centredRows, plantConcepts } from './plantConcepts.js';
import type { NoiseRecipe } from './respond.js';
import { attendance, sizes } from './sizes.js';
import type { Phantom, PhantomParticipant, PhantomSize, Words } from './types.js';

/** Options of {@link makePhantom}. */
export interface PhantomOptions extends WorkOptions {
  /** `tiny` (tests), `small` (the demo), `workshop` or `paper`. Default `small`. */
  size?: PhantomSize;
  /** Master seed. The pictures and their embeddings are the same for all seeds. Default 0. */
  seed?: number;
  /** Default 8. */
  nParticipants?: number;
  /** Other participants that must share a concept for it to count as shared. Default 3. */
  minParticipants?: number;
  /** Multiplies every voxel's share of signal variance, in [0, 2]. Default 1. */
  signalScale?: number;
  /** Shares of the noise variance that are correlated across voxels. Default spatial 0.05, global 0.02. */
  noise?: Partial<NoiseRecipe>;
  /** False plants nothing: every voxel is noise or reliable response that no embedding explains. Default true. */
  planted?: boolean;
  /**
   * Other embeddings of the same pictures, such as real CLIP's: nPictures × nDims, rows in the order of
   * `stimuli.tsv` (size `paper`: of its first rows, version 1 of each picture); with words in the same space where there are any.
   */
  embeddings?: { pictures: Matrix; words?: Words };
}

/**
 * Makes a synthetic study with planted concepts: real little pictures (emoji) with meanings and measured features,
 * embeddings with CLIP's geometry, and participants with a cortex of their own whose voxels respond linearly to
 * the embedding, with noise as in fMRI. Betas are made in blocks as they are read. The same options give the same
 * bytes. What is planted, and in which regime the method works on it: `docs/phantom.md`.
 *
 * @example
 * const phantom = await makePhantom({ size: 'small', seed: 1 });
 * phantom.participants[0].betas.shape; // [4200, 1043]
 * phantom.truth.concepts.filter((concept) => concept.shared).map((concept) => concept.name);
 */
export async function makePhantom(options: PhantomOptions = {}): Promise<Phantom> {
  const {
    size = 'small',
    seed = 0,
    nParticipants = 8,
    minParticipants = 3,
    signalScale = 1,
    planted = true,
  } = options;
  const recipe = sizes[size];
  if (!recipe) throw new InputError('size', size, `one of ${Object.keys(sizes).join(', ')}`);
  if (!Number.isInteger(nParticipants) || nParticipants < 1 || nParticipants > 99) {
    throw new InputError('nParticipants', nParticipants, 'an integer from 1 to 99');
  }
  if (!Number.isInteger(minParticipants) || minParticipants < 1) {
    throw new InputError('minParticipants', minParticipants, 'a positive integer');
  }
  if (!(signalScale >= 0 && signalScale <= 2)) throw new InputError('signalScale', signalScale, 'in [0, 2]');
  const noise = { spatial: 0.05, global: 0.02, ...options.noise };
  if (!(noise.spatial >= 0 && noise.global >= 0 && noise.spatial + noise.global <= 1)) {
    throw new InputError('noise', noise, 'shares of at least 0 that sum to at most 1');
  }
  const pictures = (await loadPictures()).stimuli;
  const made = options.embeddings?.pictures ? undefined : embedPictures(pictures);
  const ofPictures = made?.embeddings ?? options.embeddings!.pictures;
  if (ofPictures.shape[0] !== pictures.length) {
    throw new InputError('embeddings rows', ofPictures.shape[0], `${pictures.length}, one a picture`);
  }
  const { stimuli, embeddings } = multiplyPictures(pictures, ofPictures, recipe.versions);
  const words = made?.words ??
    options.embeddings!.words ?? { names: [], embeddings: matrix(0, embeddings.shape[1]) };
  const unit = unitRows(embeddings);
  const stream = randomStream(seed, 'phantom');
  const concepts = plantConcepts(stimuli, unit, nParticipants, minParticipants, stream.child('holders'));
  const shared = drawShared(stimuli.length, recipe, stream.child('shared pictures'));
  const centred = centredRows(unit);
  const streams = Array.from({ length: nParticipants }, (_, p) => stream.child(participantName(p)));
  const trials = splitAll(
    streams.map((own, p) => {
      const nSessions = Math.max(1, Math.round(recipe.sessions * attendance[p % attendance.length]!));
      return drawTrials(stimuli.length, shared, recipe, nSessions, own.child('trials'));
    }),
    recipe,
    seed,
  );
  const common = stream.child('cortex');
  const participants: PhantomParticipant[] = [];
  const labels: Int32Array[] = [];
  for (let p = 0; p < nParticipants; p++) {
    throwIfAborted(options.signal, 'making the phantom');
    const made = makeParticipant({
      index: p,
      recipe,
      centred,
      trials: trials[p]!,
      concepts: planted ? concepts : { ...concepts, concepts: [] },
      signalScale,
      noise,
      common,
      stream: streams[p]!,
    });
    participants.push(made.participant);
    labels.push(made.labels);
    options.onProgress?.({ label: 'making the phantom', done: p + 1, total: nParticipants });
    await nextTurn();
  }
  const truth = planted
    ? { minParticipants, ...concepts, labels }
    : {
        minParticipants,
        concepts: [],
        directions: matrix(0, unit.shape[1]),
        bent: matrix(0, unit.shape[1]),
        labels,
      };
  const template = (side: 'left' | 'right') =>
    makeCortex(side, recipe.surfaceLevel, common.child(side), common.child(`template ${side}`));
  const surfaces = { left: template('left'), right: template('right') };
  return { size, seed, stimuli, embeddings, words, participants, surfaces, truth };
}

function unitRows(m: Matrix): Matrix {
  const out = matrix(m.shape[0], m.shape[1]);
  for (let row = 0; row < m.shape[0]; row++) {
    const from = rowOf(m, row);
    const length = Math.sqrt(from.reduce((sum, value) => sum + value * value, 0));
    if (!(length > 0))
      throw new InputError(`embeddings[${row}]`, 'zero or not finite', 'a finite vector of length > 0');
    rowOf(out, row).set(from.map((value) => value / length));
  }
  return out;
}

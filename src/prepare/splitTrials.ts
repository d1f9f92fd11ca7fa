import { InputError } from '../util/errors.js';
import { randomStream } from '../util/random.js';
import type { Split } from './types.js';

/** Options of {@link splitTrials}. */
export interface SplitOptions {
  /** Images to test on. Defaults to min(1,000, ⌊n/4⌋), n the images with the full number of repetitions. */
  testImages?: number;
  /** Images to validate on. Same default. */
  validationImages?: number;
  /** Trials an image must have to be tested or validated on. Defaults to 3. */
  repetitions?: number;
  /** Stimuli seen in full by every participant; these are tested on first. Defaults to none. */
  shared?: Iterable<number>;
  /** Master seed of the shuffles. Defaults to 0. */
  seed?: number;
  /** Name of the participant: its own shuffle of the images that are not shared. Defaults to the empty name. */
  participant?: string;
}

/** The side of each trial, and how many there are of each: what {@link splitTrials} gives. */
export interface SplitResult {
  /** Split of each trial. */
  readonly split: readonly Split[];
  readonly counts: {
    /** Images with the full number of repetitions, from which test and validation are drawn. */
    repeatedImages: number;
    /** Shared images among the test images. */
    sharedTestImages: number;
    images: Record<Split, number>;
    trials: Record<Split, number>;
  };
}

/**
 * Divides trials into training, validation and test **by image**, so that no image is on two sides. Test images
 * are the shared ones (in a shuffle common to all participants, if there are more than asked for), then others in
 * the participant's own shuffle; validation images come next in that shuffle; every other trial trains, with
 * images of fewer repetitions. All trials of an image go together.
 *
 * The shuffles are ours: Fisher–Yates over the ascending stimulus numbers, from the streams
 * `prepare/split/shared` and `prepare/split/<participant>` of the seed. The authors shuffled the iteration order
 * of a Python set, which cannot be had without running their code.
 *
 * @param stimulus stimulus of each trial kept
 * @throws InputError if more images are asked for than have the repetitions
 * @example const { split, counts } = splitTrials(trials.stimulus, { shared, participant: 'sub-01' });
 */
export function splitTrials(stimulus: ArrayLike<number>, options: SplitOptions = {}): SplitResult {
  const { repetitions = 3, seed = 0, participant = '' } = options;
  const counts = new Map<number, number>();
  for (let t = 0; t < stimulus.length; t++) counts.set(stimulus[t]!, (counts.get(stimulus[t]!) ?? 0) + 1);
  const repeated = [...counts.keys()].filter((s) => counts.get(s) === repetitions).sort((a, b) => a - b);
  const fallback = Math.min(1000, Math.floor(repeated.length / 4));
  const nTest = checkCount('testImages', options.testImages ?? fallback);
  const nValidation = checkCount('validationImages', options.validationImages ?? fallback);
  if (nTest + nValidation > repeated.length) {
    throw new InputError(
      'testImages + validationImages',
      nTest + nValidation,
      `at most ${repeated.length}, the images with ${repetitions} trials`,
    );
  }

  const isShared = new Set(options.shared ?? []);
  const shared = randomStream(seed, 'prepare', 'split', 'shared').shuffle(
    repeated.filter((s) => isShared.has(s)),
  );
  // One shuffle of all of them, the shared ones then skipped: validation does not depend on how many are shared.
  const own = randomStream(seed, 'prepare', 'split', participant).shuffle([...repeated]);
  const sideOf = new Map<number, Split>();
  for (const image of shared.slice(0, nTest)) sideOf.set(image, 'test');
  const sharedTestImages = sideOf.size;
  for (const image of own) {
    if (sideOf.has(image)) continue;
    if (sideOf.size === nTest + nValidation) break;
    sideOf.set(image, sideOf.size < nTest ? 'test' : 'validation');
  }

  const split = Array.from(stimulus, (s): Split => sideOf.get(s) ?? 'train');
  const images = { train: counts.size - sideOf.size, validation: nValidation, test: nTest };
  const trials = { train: 0, validation: 0, test: 0 };
  for (const side of split) trials[side]++;
  return { split, counts: { repeatedImages: repeated.length, sharedTestImages, images, trials } };
}

function checkCount(what: string, value: number): number {
  if (!Number.isInteger(value) || value < 0) throw new InputError(what, value, 'an integer of at least 0');
  return value;
}

import type { Matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { Trials } from './types.js';

/** Options of {@link noiseCeiling}. */
export interface NoiseCeilingOptions {
  /** Showings an image needs in the training trials to count. Defaults to 3, NSD's. */
  repetitions?: number;
  /** Trials averaged in the response whose ceiling is asked. Defaults to 1, the single trial. */
  averaged?: number;
}

/** How much of each voxel's variance the stimulus can explain at best. */
export interface NoiseCeiling {
  /** Noise ceiling, 0–100 % of the variance of a response; 0 where nothing can be said. */
  readonly percent: Float32Array;
  /** Noise-ceiling signal-to-noise ratio σ_signal / σ_noise. */
  readonly ncsnr: Float32Array;
  /** 1 for a voxel that never varies (outside the brain): it has no ceiling, and none is claimed. */
  readonly constant: Uint8Array;
  /** Images with the full number of repetitions in the training trials, on which the estimate rests. */
  readonly nImages: number;
}

/**
 * Noise ceiling of each voxel from the repetitions of training images (Allen et al., "A massive 7T fMRI dataset…",
 * Nature Neuroscience 2022, with the data's own scale: z-scored betas have total variance 1):
 *
 *     σ²_noise  = mean over images of the unbiased variance over the image's repetitions
 *     σ²_signal = max(0, 1 − σ²_noise)
 *     ncsnr     = σ_signal / σ_noise
 *     ceiling   = 100 · ncsnr² / (ncsnr² + 1/averaged)  %
 *
 * Only trials whose split is `train` are looked at; nothing else can move a byte of the result. A voxel that is
 * constant over them is marked and gets 0: the algebraically equal σ²_signal / (σ²_signal + σ²_noise) would call
 * it perfect.
 *
 * @param betas nTrials × nVoxels, z-scored per voxel (see zscoreBetas)
 * @throws InputError if no image has the repetitions, or rows and trials disagree
 * @example const { percent } = noiseCeiling(zscoreBetas(betas, trials), trials);
 */
export function noiseCeiling(betas: Matrix, trials: Trials, options: NoiseCeilingOptions = {}): NoiseCeiling {
  const [nTrials, nVoxels] = betas.shape;
  if (nTrials !== trials.nTrials)
    throw new InputError('rows of betas', nTrials, `${trials.nTrials}, the trials`);
  const images = repeatedImages(trials, options.repetitions);
  const sums = new NoiseSums(images, nVoxels);
  for (const row of images.rows) {
    sums.add(images.imageOf[row]!, betas.data.subarray(row * nVoxels, (row + 1) * nVoxels));
  }
  return sums.finish(options.averaged);
}

/** The training images that were shown the full number of times. */
export interface RepeatedImages {
  readonly nImages: number;
  readonly repetitions: number;
  /** Image number of each trial, −1 for trials that do not count. */
  readonly imageOf: Int32Array;
  /** The trials that count, ascending. */
  readonly rows: Int32Array;
}

/** Finds the images with exactly `repetitions` training trials, numbered by stimulus. */
export function repeatedImages(trials: Trials, repetitions = 3): RepeatedImages {
  if (!Number.isInteger(repetitions) || repetitions < 2) {
    throw new InputError('repetitions', repetitions, 'an integer of at least 2');
  }
  const counts = new Map<number, number>();
  for (let row = 0; row < trials.nTrials; row++) {
    if (trials.split[row] === 'train') {
      counts.set(trials.stimulus[row]!, (counts.get(trials.stimulus[row]!) ?? 0) + 1);
    }
  }
  const stimuli = [...counts.keys()].filter((s) => counts.get(s) === repetitions).sort((a, b) => a - b);
  if (stimuli.length === 0) {
    throw new InputError(
      'images with repetitions',
      0,
      `at least 1 image with ${repetitions} training trials`,
      'lower `repetitions`, or select voxels by ROI instead of by noise ceiling',
    );
  }
  const numbers = new Map(stimuli.map((stimulus, number) => [stimulus, number]));
  const imageOf = new Int32Array(trials.nTrials).fill(-1);
  const rows: number[] = [];
  for (let row = 0; row < trials.nTrials; row++) {
    const image = trials.split[row] === 'train' ? numbers.get(trials.stimulus[row]!) : undefined;
    if (image === undefined) continue;
    imageOf[row] = image;
    rows.push(row);
  }
  return { nImages: stimuli.length, repetitions, imageOf, rows: Int32Array.from(rows) };
}

/**
 * The sums a noise ceiling needs, filled one trial at a time in any order of sessions, so that the betas never
 * have to be in memory together: (nImages + 3) × nVoxels float32 and no more.
 */
export class NoiseSums {
  readonly #imageSums: Float32Array;
  readonly #squares: Float64Array;
  readonly #first: Float32Array;
  readonly #varies: Uint8Array;
  #nTrials = 0;

  constructor(
    readonly images: RepeatedImages,
    readonly nVoxels: number,
  ) {
    this.#imageSums = new Float32Array(images.nImages * nVoxels);
    this.#squares = new Float64Array(nVoxels);
    this.#first = new Float32Array(nVoxels);
    this.#varies = new Uint8Array(nVoxels);
  }

  /** Adds the z-scored response (nVoxels) of one trial of an image. */
  add(image: number, response: Float32Array): void {
    const { nVoxels } = this;
    if (this.#nTrials++ === 0) this.#first.set(response);
    const start = image * nVoxels;
    for (let v = 0; v < nVoxels; v++) {
      const value = response[v]!;
      if (value !== this.#first[v]) this.#varies[v] = 1;
      this.#imageSums[start + v] = this.#imageSums[start + v]! + value;
      this.#squares[v] = this.#squares[v]! + value * value;
    }
  }

  finish(averaged = 1): NoiseCeiling {
    if (!(averaged >= 1)) throw new InputError('averaged', averaged, 'at least 1');
    const { nVoxels, images } = this;
    const { nImages, repetitions } = images;
    if (this.#nTrials !== nImages * repetitions) {
      throw new InputError('trials added', this.#nTrials, `${nImages * repetitions}, every repetition once`);
    }
    const between = new Float64Array(nVoxels);
    for (let image = 0; image < nImages; image++) {
      const start = image * nVoxels;
      for (let v = 0; v < nVoxels; v++) between[v] = between[v]! + this.#imageSums[start + v]! ** 2;
    }
    const percent = new Float32Array(nVoxels);
    const ncsnr = new Float32Array(nVoxels);
    const constant = new Uint8Array(nVoxels);
    for (let v = 0; v < nVoxels; v++) {
      if (!this.#varies[v]) {
        constant[v] = 1;
        continue;
      }
      // Σ over images of Σ_r (x_r − mean)², by Σ x² − (Σ x)² / r; z-scored data lose nothing to cancellation.
      const within = Math.max(0, this.#squares[v]! - between[v]! / repetitions);
      const noise = within / (nImages * (repetitions - 1));
      const signal = Math.max(0, 1 - noise);
      ncsnr[v] = Math.sqrt(signal / noise);
      // As a quotient of sums it is defined for a voxel without noise too (100 %).
      percent[v] = (100 * signal) / (signal + noise / averaged);
    }
    return { percent, ncsnr, constant, nImages };
  }
}

/**
 * The ceiling in percent of a given ncsnr: 100 · ncsnr² / (ncsnr² + 1/averaged). NaN gives 0. This turns NSD's own
 * `ncsnr.nii.gz` into percent.
 */
export function ceilingOfNcsnr(ncsnr: ArrayLike<number>, averaged = 1): Float32Array {
  if (!(averaged >= 1)) throw new InputError('averaged', averaged, 'at least 1');
  return Float32Array.from(ncsnr, (ratio) => {
    const square = ratio * ratio;
    return Number.isFinite(square) ? (100 * square) / (square + 1 / averaged) : ratio === Infinity ? 100 : 0;
  });
}

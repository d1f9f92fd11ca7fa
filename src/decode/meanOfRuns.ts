import { matrix } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { Decoder } from './types.js';

/** Mean of several decoders of one participant, and how far they differ. */
export interface MeanOfRuns extends Decoder {
  readonly runs: number;
  /** Standard deviation over runs (÷ runs − 1) of each weight, nVoxels × nDims; NaN for one run. */
  readonly spread: Decoder['weight'];
}

/**
 * Mean weights and bias over decoders of the same shape, one after another, none kept: memory 16 bytes a weight
 * whatever their number. Sums are float64 in the given order.
 *
 * @throws InputError if there is none, or if one has another shape
 * @example
 * const mean = await meanOfRuns(paths.map((path) => () => readDecoder(path)));
 */
export async function meanOfRuns(decoders: Iterable<() => Decoder | Promise<Decoder>>): Promise<MeanOfRuns> {
  let sums: MeanSums | undefined;
  for (const next of decoders) {
    const decoder = await next();
    sums ??= new MeanSums(decoder.weight.shape);
    sums.add(decoder);
  }
  if (!sums) throw new InputError('decoders', [], 'at least one');
  return sums.mean();
}

/** Running mean and sum of squared differences (Welford, "Note on a method for calculating corrected sums", 1962). */
class MeanSums {
  readonly #weight: Float64Array;
  readonly #squares: Float64Array;
  readonly #bias: Float64Array;
  #runs = 0;

  constructor(readonly shape: readonly [number, number]) {
    this.#weight = new Float64Array(shape[0] * shape[1]);
    this.#squares = new Float64Array(this.#weight.length);
    this.#bias = new Float64Array(shape[1]);
  }

  add({ weight, bias }: Decoder): void {
    if (weight.shape[0] !== this.shape[0] || weight.shape[1] !== this.shape[1]) {
      throw new InputError(
        `shape of decoder ${this.#runs}`,
        weight.shape,
        `[${this.shape}], as of the first`,
      );
    }
    this.#runs++;
    for (let i = 0; i < this.#weight.length; i++) {
      const step = weight.data[i]! - this.#weight[i]!;
      this.#weight[i]! += step / this.#runs;
      this.#squares[i]! += step * (weight.data[i]! - this.#weight[i]!);
    }
    for (let d = 0; d < bias.length; d++) this.#bias[d]! += (bias[d]! - this.#bias[d]!) / this.#runs;
  }

  mean(): MeanOfRuns {
    const [nVoxels, nDims] = this.shape;
    const free = this.#runs - 1;
    const spread = Float32Array.from(this.#squares, (sum) => (free ? Math.sqrt(sum / free) : Number.NaN));
    return {
      weight: matrix(nVoxels, nDims, Float32Array.from(this.#weight)),
      bias: Float32Array.from(this.#bias),
      runs: this.#runs,
      spread: matrix(nVoxels, nDims, spread),
    };
  }
}

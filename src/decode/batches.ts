import { isMatrix, type Matrix, rowOf } from '../util/array.js';
import { InputError } from '../util/errors.js';
import type { RandomStream } from '../util/random.js';
import type { TrainingData } from './types.js';

/** Training rows of a step: a shuffled pass over the rows in whole batches, then the next pass (drop-last). */
export class BatchOrder {
  readonly #stream: RandomStream;
  readonly #rows: Int32Array;
  readonly #batchSize: number;
  readonly #epochs = new Map<number, Int32Array>();

  constructor(stream: RandomStream, rows: Int32Array, batchSize: number) {
    this.#stream = stream;
    this.#rows = rows;
    this.#batchSize = batchSize;
  }

  /** Rows of the betas in the batch of a 0-based step. */
  at(step: number): Int32Array {
    const perEpoch = Math.floor(this.#rows.length / this.#batchSize);
    const start = (step % perEpoch) * this.#batchSize;
    return this.#epoch(Math.floor(step / perEpoch)).subarray(start, start + this.#batchSize);
  }

  #epoch(epoch: number): Int32Array {
    let order = this.#epochs.get(epoch);
    if (!order) {
      order = this.#stream.child(epoch).shuffle(this.#rows.slice());
      this.#epochs.delete(epoch - 2);
      this.#epochs.set(epoch, order);
    }
    return order;
  }
}

/** Reads chosen rows of the betas into `out`, one after another. */
export async function gatherRows(
  betas: TrainingData['betas'],
  rows: Int32Array,
  out: Float32Array,
): Promise<void> {
  const nVoxels = betas.shape[1];
  if (isMatrix(betas)) {
    for (let i = 0; i < rows.length; i++) out.set(rowOf(betas, rows[i]!), i * nVoxels);
    return;
  }
  await Promise.all(
    Array.from(rows, async (row, i) => {
      const target = out.subarray(i * nVoxels, (i + 1) * nVoxels);
      const read = await betas.readRows(row, row + 1, target);
      if (read !== target && read.buffer !== target.buffer) target.set(read);
    }),
  );
}

/** The rows in blocks of at most `blockRows`; `first` is a block's place among them. */
export function* rowBlocks(
  rows: Int32Array,
  blockRows: number,
): Generator<{ first: number; rows: Int32Array }> {
  for (let start = 0; start < rows.length; start += blockRows) {
    yield { first: start, rows: rows.subarray(start, Math.min(start + blockRows, rows.length)) };
  }
}

/** The rows of a fit, checked and sorted: all rows, or those given, without duplicates. */
export function sortedRows(rows: ArrayLike<number> | undefined, nTrials: number, what: string): Int32Array {
  if (!rows) return Int32Array.from({ length: nTrials }, (_, row) => row);
  const sorted = Int32Array.from(rows).sort();
  for (let i = 0; i < sorted.length; i++) {
    const given = rows[i]!;
    if (!Number.isInteger(given) || given < 0 || given >= nTrials) {
      throw new InputError(`${what}[${i}]`, given, `a row of the betas, an integer in [0, ${nTrials})`);
    }
    if (i > 0 && sorted[i] === sorted[i - 1]) throw new InputError(what, sorted[i], 'without duplicates');
  }
  return sorted;
}

/** Unit-length embeddings of the given trials, one row a trial's place in `rows`. */
export function unitTargets(data: TrainingData, rows: Int32Array): Matrix {
  const nDims = data.embeddings.shape[1];
  const out = new Float32Array(rows.length * nDims);
  for (let i = 0; i < rows.length; i++) {
    const source = rowOf(data.embeddings, data.stimulus[rows[i]!]!);
    let square = 0;
    for (const value of source) square += value * value;
    const norm = Math.sqrt(square);
    for (let d = 0; d < nDims; d++) out[i * nDims + d] = source[d]! / norm;
  }
  return { data: out, shape: [rows.length, nDims] };
}

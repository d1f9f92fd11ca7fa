import { createHash } from 'node:crypto';
import { InputError } from './errors.js';

/**
 * A stream of random numbers: Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw
 * ("Parallel random numbers: as easy as 1, 2, 3", SC 2011). The key comes from the master seed and the stream's
 * name (SHA-256), so that streams of different names are independent and none depends on another's use.
 * The same seed and name give the same numbers everywhere.
 */
export interface RandomStream {
  /** The stream's full name, for records. */
  readonly name: string;
  /** The 64-bit Philox key as two 32-bit words, for engines that make the same numbers themselves. */
  readonly key: readonly [number, number];
  /** A stream of this one's seed whose name is `name` under this one's; does not advance this stream. */
  child(name: string | number): RandomStream;
  /** 32 random bits. */
  uint32(): number;
  /** Uniform in [0, 1), 53 bits. */
  uniform(): number;
  /** Uniform integer in [0, n), without bias (rejection). */
  integer(n: number): number;
  /** Standard normal (Marsaglia's polar method on 53-bit uniforms). */
  normal(): number;
  /** Fills with standard normals, in order; returns the same array. */
  normals<T extends Float32Array | Float64Array>(out: T): T;
  /** A permutation of 0 … n−1 (Fisher–Yates). */
  permutation(n: number): Int32Array;
  /** Shuffles in place (Fisher–Yates); returns the same array. */
  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T;
}

/**
 * Opens the random stream `name` of a master seed.
 *
 * @param seed any non-negative safe integer
 * @param name path of the stream, joined with "/": `randomStream(0, 'decode', 'sub-01', 'run-003')`
 * @throws InputError if the seed is not a non-negative safe integer
 */
export function randomStream(seed: number, ...name: (string | number)[]): RandomStream {
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new InputError('seed', seed, 'an integer from 0 to 2^53 − 1');
  }
  return new Philox(seed, name.join('/'));
}

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High 32 bits of the 64-bit product of two unsigned 32-bit integers. */
function mulHigh(a: number, b: number): number {
  const aHigh = a >>> 16;
  const aLow = a & 0xffff;
  const bHigh = b >>> 16;
  const bLow = b & 0xffff;
  // Neither sum reaches 2^32: a 16-bit product plus 16 bits.
  const low = aHigh * bLow + (Math.imul(aLow, bLow) >>> 16);
  const high = aLow * bHigh + (low & 0xffff);
  return (aHigh * bHigh + (low >>> 16) + (high >>> 16)) >>> 0;
}

/**
 * The Philox4x32-10 block function: four 32-bit words of a 128-bit counter and a 64-bit key.
 *
 * @param out receives the four words; may be the counter itself
 */
export function philox4x32(
  counter: ArrayLike<number>,
  key: readonly [number, number],
  out: Uint32Array = new Uint32Array(4),
): Uint32Array {
  let c0 = counter[0]! >>> 0;
  let c1 = counter[1]! >>> 0;
  let c2 = counter[2]! >>> 0;
  let c3 = counter[3]! >>> 0;
  let k0 = key[0];
  let k1 = key[1];
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(M0, c0);
    const high1 = mulHigh(M1, c2);
    const low0 = Math.imul(M0, c0) >>> 0;
    const low1 = Math.imul(M1, c2) >>> 0;
    c0 = (high1 ^ c1 ^ k0) >>> 0;
    c1 = low1;
    c2 = (high0 ^ c3 ^ k1) >>> 0;
    c3 = low0;
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
  return out;
}

class Philox implements RandomStream {
  readonly key: readonly [number, number];
  readonly #counter = new Uint32Array(4);
  readonly #block = new Uint32Array(4);
  #used = 4;
  #spare: number | undefined;

  constructor(
    readonly seed: number,
    readonly name: string,
  ) {
    const digest = createHash('sha256').update(`${seed}\0${name}`).digest();
    this.key = [digest.readUInt32LE(0), digest.readUInt32LE(4)];
  }

  child(name: string | number): RandomStream {
    return new Philox(this.seed, this.name ? `${this.name}/${name}` : String(name));
  }

  uint32(): number {
    if (this.#used === 4) {
      philox4x32(this.#counter, this.key, this.#block);
      this.#used = 0;
      for (let word = 0; word < 4 && ++this.#counter[word]! > 0xffffffff; word++);
    }
    return this.#block[this.#used++]!;
  }

  uniform(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  }

  integer(n: number): number {
    if (!Number.isInteger(n) || n < 1 || n > 0x100000000)
      throw new InputError('n', n, 'an integer in [1, 2^32]');
    const limit = 0x100000000 - (0x100000000 % n);
    let bits = this.uint32();
    while (bits >= limit) bits = this.uint32();
    return bits % n;
  }

  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare;
      this.#spare = undefined;
      return value;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square >= 1 || square === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spare = v * scale;
      return u * scale;
    }
  }

  normals<T extends Float32Array | Float64Array>(out: T): T {
    for (let i = 0; i < out.length; i++) out[i] = this.normal();
    return out;
  }

  permutation(n: number): Int32Array {
    return this.shuffle(Int32Array.from({ length: n }, (_, i) => i));
  }

  shuffle<T extends { length: number; [index: number]: unknown }>(items: T): T {
    const list = items as { length: number; [index: number]: unknown };
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.integer(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return items;
  }
}

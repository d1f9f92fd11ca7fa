import { philox4x32, type RandomStream } from '../util/random.js';

let table: Float32Array | undefined;

/**
 * Fills an array with normal deviates of 16 bits: the 65,536 mid-quantiles of the standard normal, each as likely.
 * Extremes are ±4.17, the variance 0.9998. Eight deviates a Philox block, several times as fast as exact ones, and
 * fine enough for noise that will be rounded to int16. The same stream gives the same deviates.
 */
export function quickNormals(stream: RandomStream, out: Float32Array): Float32Array {
  table ??= normalQuantiles(65536);
  const quantiles = table;
  const counter = new Uint32Array(4);
  const block = new Uint32Array(4);
  for (let i = 0; i < out.length; i += 8) {
    philox4x32(counter, stream.key, block);
    counter[0]!++;
    if (counter[0] === 0) counter[1]!++;
    const last = Math.min(8, out.length - i);
    for (let k = 0; k < last; k++) out[i + k] = quantiles[(block[k >> 1]! >>> (16 * (k & 1))) & 0xffff]!;
  }
  return out;
}

/**
 * The standard normal's quantiles at (i + ½)/n, from the middle outwards: each is found from the one before by
 * Newton's method on the area between them (Gauss–Legendre, three points).
 */
export function normalQuantiles(n: number): Float32Array {
  const density = (z: number) => Math.exp(-0.5 * z * z) / Math.sqrt(2 * Math.PI);
  const area = (a: number, b: number) => {
    const [middle, half] = [(a + b) / 2, (b - a) / 2];
    const away = half * Math.sqrt(0.6);
    return (half / 9) * (5 * density(middle - away) + 8 * density(middle) + 5 * density(middle + away));
  };
  const quantiles = new Float32Array(n);
  let z = 0;
  for (let i = n / 2; i < n; i++) {
    const wanted = i === n / 2 ? 0.5 / n : 1 / n;
    const from = z;
    for (let step = 0; step < 20; step++) z += (wanted - area(from, z)) / density(z);
    quantiles[i] = z;
    quantiles[n - 1 - i] = -z;
  }
  return quantiles;
}

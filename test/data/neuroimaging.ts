import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { temporaryFolder } from './folder.js';

/** A large array as the golden script describes it: size, two sums, values at some positions. */
export interface Digest {
  size: number;
  sum: number;
  weighted: number;
  at: number[];
  values: (number | string)[];
}

// biome-ignore lint/suspicious/noExplicitAny: entries differ by format; the script that makes them is their schema
type Entry = Record<string, any>;
export const golden = JSON.parse(
  readFileSync(join(import.meta.dirname, '../golden/neuroimaging.json'), 'utf8'),
) as {
  made: Record<string, Entry & { base64: string }>;
  real: Record<string, Entry>;
  quaternions: { affine: number[]; qfac: number; bcd: number[] }[];
};

export const madeNames = (pattern: RegExp) => Object.keys(golden.made).filter((name) => pattern.test(name));

/** A file that Python made, in a folder of its own. */
export function madeFile(name: string, folder = temporaryFolder()): string {
  const path = join(folder, name);
  writeFileSync(path, madeBytes(name));
  return path;
}

export const madeBytes = (name: string) => Buffer.from(golden.made[name]!.base64, 'base64');

const sharedData = join(import.meta.dirname, '../../../shared/data');

/** A real file under shared/data; the test is skipped where that folder is not. */
export function realFile(context: TestContext, name: string): string {
  const folder = name.startsWith('fsaverage5/') ? sharedData : join(sharedData, 'readers');
  const path = join(folder, name);
  if (!existsSync(path)) context.skip(`${name} lies in ../shared/data, which is not here`);
  return path;
}

const asNumber = (value: number | string) => Number(String(value).replace('inf', 'Infinity'));

/** Holds an array against what Python found; float32 sums agree to 1e-5 of the sum of magnitudes. */
export function expectDigest(data: ArrayLike<number | bigint>, digest: Digest): void {
  expect(data.length).toBe(digest.size);
  const value = (index: number) => Number(data[index]);
  digest.at.forEach((at, index) => {
    const expected = asNumber(digest.values[index]!);
    if (Number.isFinite(expected))
      expect(value(at)).toBeCloseTo(expected, 4 - Math.ceil(Math.log10(Math.abs(expected) + 1)));
    else expect(value(at)).toBe(expected);
  });
  let [sum, weighted, magnitude] = [0, 0, 1];
  for (let i = 0; i < data.length; i++) {
    const finite = Number.isFinite(value(i)) ? value(i) : 0;
    sum += finite;
    weighted += finite * ((i % 97) + 1);
    magnitude += Math.abs(finite);
  }
  expect(Math.abs(sum - digest.sum)).toBeLessThan(1e-5 * magnitude);
  expect(Math.abs(weighted - digest.weighted)).toBeLessThan(1e-3 * magnitude);
}

export const expectNumbers = (
  actual: ArrayLike<number | bigint>,
  expected: (number | string)[],
  digits = 5,
) => {
  expect(actual.length).toBe(expected.length);
  Array.from(actual).forEach((value, index) => {
    const wanted = asNumber(expected[index]!);
    if (Number.isFinite(wanted)) expect(Number(value)).toBeCloseTo(wanted, digits);
    else expect(Number(value)).toBe(wanted);
  });
};

import { describe, expect, it } from 'vitest';
import { TrainArena } from '../../src/engine/kernels.js';
import { philox4x32 } from '../../src/util/random.js';

const key = [0x12345678, 0x9abcdef0] as const;

/** The definition, in float64: see addNoise in train.as.ts. */
function normalOf(voxel: number, row: number, step: number): number {
  const words = philox4x32([4 * Math.floor(voxel / 16) + (voxel % 4), row, step, 0], key);
  const number = Math.floor(voxel / 4) % 4;
  const open = (word: number) => ((word >>> 9) + 0.5) / 2 ** 23;
  const [u, v] = number < 2 ? [words[0]!, words[1]!] : [words[2]!, words[3]!];
  const angle = 2 * Math.PI * open(v);
  return Math.sqrt(-2 * Math.log(open(u))) * (number % 2 ? Math.sin(angle) : Math.cos(angle));
}

function noise(n: number, voxel: number, row: number, step: number, sd = 1): Float32Array {
  const arena = new TrainArena(n, 1);
  const out = arena.take(n);
  arena.kernels.addNoise(out.byteOffset, n, voxel, row, step, sd, ...key);
  return out;
}

describe('addNoise', () => {
  it('is Box–Muller on Philox4x32-10 to 2e-6', () => {
    for (const [row, step] of [
      [0, 0],
      [127, 5000],
      [3, 2 ** 31],
    ] as const) {
      const made = noise(4096, 64, row, step);
      for (let i = 0; i < made.length; i++) {
        expect(Math.abs(made[i]! - normalOf(64 + i, row, step))).toBeLessThan(2e-6);
      }
    }
  });

  it('does not depend on how voxels are cut', () => {
    const whole = noise(512, 0, 7, 9);
    expect(noise(128, 256, 7, 9)).toEqual(whole.slice(256, 384));
  });

  it('has the moments and tails of a standard normal, times sd', () => {
    const n = 1 << 20;
    const made = noise(n, 0, 1, 2, 2);
    const moment = (power: number) => made.reduce((sum, value) => sum + (value / 2) ** power, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n));
    const beyond = made.filter((value) => Math.abs(value) > 6).length / n;
    expect(Math.abs(beyond - 0.0027)).toBeLessThan(4 * Math.sqrt(0.0027 / n));
  });

  it('is uncorrelated between trials, steps and neighbouring voxels', () => {
    const n = 1 << 18;
    const made = noise(n, 0, 1, 1);
    const correlation = (other: Float32Array) =>
      made.reduce((sum, value, i) => sum + value * other[i]!, 0) / n;
    const shifted = (by: number) => made.map((_, i) => made[(i + by) % n]!);
    for (const other of [
      noise(n, 0, 2, 1),
      noise(n, 0, 1, 2),
      shifted(1),
      shifted(4),
      shifted(8),
      shifted(16),
    ]) {
      expect(Math.abs(correlation(other))).toBeLessThan(4 / Math.sqrt(n));
    }
  });
});

describe('uniform', () => {
  it('is the words of the Philox counter in order, centred and scaled', () => {
    const arena = new TrainArena(64, 1);
    const out = arena.take(64);
    arena.kernels.uniform(out.byteOffset, 64, 1600n, 0.5, ...key);
    for (let i = 0; i < 64; i++) {
      const word = philox4x32([400 + Math.floor(i / 4), 0, 0, 0], key)[i % 4]!;
      expect(out[i]).toBeCloseTo((((word >>> 9) + 0.5) / 2 ** 23) * 1 - 0.5, 6);
    }
  });
});

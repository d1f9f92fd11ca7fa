import { describe, expect, it } from 'vitest';
import { philox4x32, randomStream } from '../../src/util/random.js';

describe('philox4x32', () => {
  it('gives the known answers published with Random123', () => {
    const words = (counter: number[], key: [number, number]) =>
      [...philox4x32(counter, key)].map((word) => word.toString(16).padStart(8, '0')).join(' ');
    expect(words([0, 0, 0, 0], [0, 0])).toBe('6627e8d5 e169c58d bc57ac4c 9b00dbd8');
    const ones = 0xffffffff;
    expect(words([ones, ones, ones, ones], [ones, ones])).toBe('408f276d 41c83b0e a20bc7c6 6d5451fd');
    expect(words([0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0])).toBe(
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    );
  });
});

describe('randomStream', () => {
  it('repeats for the same seed and name, and differs for another name or seed', () => {
    const draw = (seed: number, name: string) =>
      Array.from({ length: 8 }, () => 0).map(() => randomStream(seed, name).uint32());
    expect(draw(1, 'a')).toEqual(draw(1, 'a'));
    expect(draw(1, 'a')).not.toEqual(draw(1, 'b'));
    expect(draw(1, 'a')).not.toEqual(draw(2, 'a'));
  });

  it('gives children that do not depend on how far the parent has run', () => {
    const parent = randomStream(3, 'x');
    const before = parent.child('y').uint32();
    parent.normals(new Float64Array(100));
    expect(parent.child('y').uint32()).toBe(before);
    expect(randomStream(3, 'x', 'y').uint32()).toBe(before);
  });

  it('draws standard normals: mean, variance and fourth moment', () => {
    const x = randomStream(0, 'moments').normals(new Float64Array(200_000));
    const moment = (power: number) => x.reduce((sum, value) => sum + value ** power, 0) / x.length;
    expect(Math.abs(moment(1))).toBeLessThan(0.01);
    expect(Math.abs(moment(2) - 1)).toBeLessThan(0.015);
    expect(Math.abs(moment(4) - 3)).toBeLessThan(0.1);
  });

  it('draws integers uniformly and permutations that are permutations', () => {
    const stream = randomStream(5, 'integers');
    const counts = new Array(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[stream.integer(7)]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5);
    expect([...stream.permutation(100)].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });

  it('refuses seeds that are not non-negative integers', () => {
    expect(() => randomStream(-1, 'a')).toThrow('seed is -1; must be an integer from 0 to 2^53 − 1');
    expect(() => randomStream(0.5, 'a')).toThrow('seed is 0.5');
  });
});

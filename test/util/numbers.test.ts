import fc from 'fast-check';
import { expect, it } from 'vitest';
import { matrix } from '../../src/util/array.js';
import { mean, rowCosines } from '../../src/util/index.js';

it('rowCosines gives the cosine of each row with its counterpart, whatever their lengths', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }), { minLength: 1, maxLength: 9 }),
      fc.integer({ min: 1, max: 1000 }),
      (angles, length) => {
        const first = matrix(angles.length, 2, Float32Array.from(angles.flatMap(() => [length, 0])));
        const turned = angles.flatMap((angle) => [3 * Math.cos(angle), 3 * Math.sin(angle)]);
        const second = matrix(angles.length, 2, Float32Array.from(turned));
        rowCosines(first, second).forEach((cosine, row) => {
          expect(cosine).toBeCloseTo(Math.cos(angles[row]!), 6);
        });
      },
    ),
  );
  const zero = matrix(1, 2);
  expect(rowCosines(zero, matrix(1, 2, Float32Array.of(1, 0)))).toEqual(Float64Array.of(Number.NaN));
  expect(() => rowCosines(zero, matrix(2, 2))).toThrow('must be 1 × 2, as the first');
});

it('mean is that of all values, and NaN of none', () => {
  expect(mean(Float32Array.of(1, 2, 6))).toBe(3);
  expect(mean([])).toBeNaN();
});

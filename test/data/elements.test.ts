import { describe, expect, it } from 'vitest';
import { castElements, decodeElements, encodeElements, toCOrder } from '../../src/data/elements.js';
import { float16ToFloat32, toFloat16 } from '../../src/data/half.js';
import { sizeOf } from '../../src/util/index.js';

describe('toCOrder', () => {
  it.each([
    [[]],
    [[7]],
    [[3, 5]],
    [[1, 4, 1, 6]],
    [[2, 3, 4]],
    [[130, 70]],
    [[3, 2, 4, 5]],
    [[2, 0, 3]],
    [[5, 1]],
  ])('puts element (i, j, …) of column-major data of shape %j where C order has it', (shape) => {
    const data = Int32Array.from({ length: sizeOf(shape) }, (_, k) => k);
    const out = toCOrder(data, shape);
    for (let k = 0; k < data.length; k++) {
      let rest = k;
      const index = shape.map((length) => {
        const digit = rest % length;
        rest = Math.floor(rest / length);
        return digit;
      });
      expect(out[index.reduce((at, digit, axis) => at * shape[axis]! + digit, 0)]).toBe(k);
    }
    expect(out).not.toBe(data);
  });
});

describe('half precision', () => {
  it('keeps every one of the 65536 half values but the payload of NaN', () => {
    const bits = Uint16Array.from({ length: 65536 }, (_, half) => half);
    const back = toFloat16(float16ToFloat32(bits));
    for (let half = 0; half < 65536; half++) {
      const noNumber = (half & 0x7c00) === 0x7c00 && (half & 1023) !== 0;
      expect(back[half]).toBe(noNumber ? 0x7e00 : half);
    }
  });

  it('rounds to the nearest half, ties to even, between any two neighbours', () => {
    for (let half = 0; half < 0x7bff; half += 7) {
      const [low, high] = float16ToFloat32(Uint16Array.of(half, half + 1)) as unknown as [number, number];
      const middle = (low + high) / 2;
      const even = half % 2 ? half + 1 : half;
      const nudge = (high - low) * 1e-9;
      expect([...toFloat16([middle, middle - nudge, middle + nudge, -middle])]).toEqual([
        ...[even, half, half + 1, even | 0x8000],
      ]);
    }
  });
});

describe('elements', () => {
  it('are swapped where the byte order differs, and read from odd offsets', () => {
    const bytes = Uint8Array.of(9, 0, 0, 0, 1, 2, 3);
    expect(decodeElements(bytes.slice().subarray(1, 5), 'int32', false)).toEqual(Int32Array.of(1));
    expect(decodeElements(bytes.slice().subarray(1, 5), 'int32', true)).toEqual(Int32Array.of(2 ** 24));
    expect(decodeElements(bytes.slice().subarray(3, 7), 'int16', false)).toEqual(Int16Array.of(1, 515));
  });

  it('are cast as JavaScript does, big integers too', () => {
    expect(castElements(Uint8Array.of(200), 'int64')).toEqual(BigInt64Array.of(200n));
    expect(castElements(BigInt64Array.of(-3n), 'float64')).toEqual(Float64Array.of(-3));
    const same = Float32Array.of(1);
    expect(castElements(same, 'float32')).toBe(same);
  });

  it('are written as their own type, or as a narrower float on request', () => {
    expect([...encodeElements(Int16Array.of(1, -1))]).toEqual([1, 0, 255, 255]);
    expect([...encodeElements(Float32Array.of(1), 'float16')]).toEqual([0, 0x3c]);
    expect(() => encodeElements(Int16Array.of(1), 'float32')).toThrow(
      'element type is "float32"; must be int16',
    );
  });
});

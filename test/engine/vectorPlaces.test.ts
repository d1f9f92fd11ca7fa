import { describe, expect, it } from 'vitest';
import { poolVectors } from '../../src/engine/vectorPool.js';
import type { GpuBuffer, GpuDevice } from '../../src/engine/webgpu/gpuTypes.js';
import { placesOf, sendVectors } from '../../src/engine/webgpu/vectorPlaces.js';
import { matrix } from '../../src/util/array.js';
import { clumpedVectors } from '../cluster/random.js';

describe('sendVectors', () => {
  it.each([10, 32])('writes the unit vector of every place of every group, %i dimensions', (nDims) => {
    const [a, b, c] = clumpedVectors(2, [5, 0, 7], nDims);
    c!.data.fill(0, 2 * nDims, 3 * nDims); // a zero vector has no place
    const shared = new Float32Array(new SharedArrayBuffer(a!.data.byteLength));
    shared.set(a!.data);
    const pool = poolVectors([matrix(5, nDims, shared), b!, c!]);
    const places = placesOf(pool);
    const nPlaces = places.rows.length;
    const sent = new Float32Array(nDims * nPlaces);
    const queue = {
      writeBuffer: (_: GpuBuffer, offset: number, part: Float32Array) => sent.set(part, offset / 4),
    };
    sendVectors({ queue } as unknown as GpuDevice, pool, places, {} as GpuBuffer);
    expect([...places.rows].filter((row) => row >= 0)).toEqual([0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11]);
    places.rows.forEach((row, place) => {
      const [m, v] = row < 5 ? [a!, row] : [c!, row - 5];
      const own = row < 0 ? [] : [...m.data.subarray(v * nDims, (v + 1) * nDims)];
      const length = Math.hypot(...own);
      for (let k = 0; k < nDims; k++) {
        const value = sent[k * nPlaces + place]!;
        if (row < 0) expect(value).toBe(0);
        else expect(value).toBeCloseTo(own[k]! / length, 6);
      }
    });
  });
});

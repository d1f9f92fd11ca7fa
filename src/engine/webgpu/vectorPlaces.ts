import type { VectorPool } from '../vectorPool.js';
import type { GpuBuffer, GpuDevice } from './gpuTypes.js';
import { nearestTile } from './nearestKernel.js';

/** Columns of a strip, at most: more make fewer partial results, fewer make more work to spread. */
const stripColumns = 1024;

/** Where the rows of a pool lie on the device: those that are not zero, each group padded to whole tiles. */
export interface Places {
  /** Row of each place; −1 for padding. */
  rows: Int32Array;
  groupOfTile: Uint32Array;
  /** Group, first place, end of its vectors, end with padding. */
  strips: [number, number, number, number][];
}

/** Lays out a pool. */
export function placesOf(pool: VectorPool): Places {
  const rows: number[] = [];
  const groupOfTile: number[] = [];
  const strips: Places['strips'] = [];
  for (let g = 0; g + 1 < pool.starts.length; g++) {
    const first = rows.length;
    for (let i = pool.starts[g]!; i < pool.starts[g + 1]!; i++) if (pool.squares[i]! > 0) rows.push(i);
    const end = rows.length;
    while (rows.length % nearestTile.rows !== 0) rows.push(-1);
    while (groupOfTile.length * nearestTile.rows < rows.length) groupOfTile.push(g);
    for (let c = first; c < rows.length; c += stripColumns) {
      strips.push([g, c, Math.min(end, c + stripColumns), Math.min(rows.length, c + stripColumns)]);
    }
  }
  return { rows: Int32Array.from(rows), groupOfTile: Uint32Array.from(groupOfTile), strips };
}

/** Unit vectors, dimension by dimension: depth × places. */
export function sendVectors(device: GpuDevice, pool: VectorPool, { rows }: Places, to: GpuBuffer): void {
  const nPlaces = rows.length;
  const block = 16;
  for (let k0 = 0; k0 < pool.nDims; k0 += block) {
    const dims = Math.min(block, pool.nDims - k0);
    const part = new Float32Array(dims * nPlaces);
    for (let p = 0; p < nPlaces; p++) {
      const row = rows[p]!;
      if (row < 0) continue;
      const length = Math.sqrt(pool.squares[row]!);
      const group = pool.group[row]!;
      const data = pool.parts[group]!;
      const at = (row - pool.starts[group]!) * pool.stride + k0;
      for (let k = 0; k < dims; k++) part[k * nPlaces + p] = data[at + k]! / length;
    }
    device.queue.writeBuffer(to, k0 * nPlaces * 4, part);
  }
}

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

/** Places sent at a time, with room beside them so that dimensions do not lie a power of two apart; side of a tile. */
const [sentAtOnce, stepOfTurned, side] = [8192, 8192 + 16, 16];

/** Unit vectors, dimension by dimension: depth × places. */
export function sendVectors(device: GpuDevice, pool: VectorPool, { rows }: Places, to: GpuBuffer): void {
  const { nDims, parts, starts, group, stride, squares } = pool;
  const nPlaces = rows.length;
  const turned = new Float32Array(nDims * stepOfTurned);
  for (let first = 0; first < nPlaces; first += sentAtOnce) {
    const width = Math.min(sentAtOnce, nPlaces - first);
    for (let p0 = 0; p0 < width; p0 += side) {
      for (let k0 = 0; k0 < nDims; k0 += side) {
        const kEnd = Math.min(nDims, k0 + side);
        for (let p = p0; p < Math.min(width, p0 + side); p++) {
          const row = rows[first + p]!;
          if (row < 0) {
            for (let k = k0; k < kEnd; k++) turned[k * stepOfTurned + p] = 0;
            continue;
          }
          const own = group[row]!;
          const data = parts[own]!;
          const at = (row - starts[own]!) * stride;
          const length = Math.sqrt(squares[row]!);
          for (let k = k0; k < kEnd; k++) turned[k * stepOfTurned + p] = data[at + k]! / length;
        }
      }
    }
    for (let k = 0; k < nDims; k++) {
      const own = turned.subarray(k * stepOfTurned, k * stepOfTurned + width);
      device.queue.writeBuffer(to, (k * nPlaces + first) * 4, own);
    }
  }
}

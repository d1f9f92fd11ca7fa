import type { TrainingProblem } from '../training.js';
import type { Tile } from './tiledProduct.js';

/** Tiles of the two large products. */
export interface Tiles {
  forward: Tile;
  update: Tile;
  /** Workgroups of a forward pass, at most: two to each multiprocessor of a large GPU. */
  forwardGroups: number;
}

/** Sizes on the device: every matrix padded with zeros to whole tiles, and the voxels of a forward pass in splits. */
export interface GpuLayout {
  nVoxels: number;
  nDims: number;
  batchSize: number;
  voxelStride: number;
  dimStride: number;
  batchStride: number;
  /** Partial predictions, and voxels of each. From the sizes alone, so that sums have one order everywhere. */
  nSplits: number;
  splitVoxels: number;
  tiles: Tiles;
}

/** Among the fastest of 40 combinations tried on an NVIDIA H200; small enough for every adapter. */
const defaultTiles: Tiles = {
  forward: { rows: 128, columns: 64, depth: 16, perRow: 8, perColumn: 4 },
  update: { rows: 64, columns: 64, depth: 16, perRow: 4, perColumn: 4 },
  forwardGroups: 264,
};

const smallestSplit = 64;
const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

export function gpuLayout(
  { nVoxels, nDims, batchSize }: Pick<TrainingProblem, 'nVoxels' | 'nDims' | 'batchSize'>,
  tiles: Tiles = defaultTiles,
): GpuLayout {
  const { forward, update, forwardGroups } = tiles;
  const voxelStride = roundUp(nVoxels, Math.max(64, update.rows, forward.depth));
  const dimStride = roundUp(nDims, Math.max(128, forward.columns, update.columns));
  const batchStride = roundUp(batchSize, Math.max(32, forward.rows, update.depth));
  const tilesOfResult = (dimStride / forward.columns) * (batchStride / forward.rows);
  const wanted = Math.max(1, Math.floor(forwardGroups / tilesOfResult));
  const splitVoxels = roundUp(Math.max(smallestSplit, Math.ceil(nVoxels / wanted)), forward.depth);
  const nSplits = Math.ceil(nVoxels / splitVoxels);
  return {
    ...{ nVoxels, nDims, batchSize, voxelStride, dimStride, batchStride },
    ...{ nSplits, splitVoxels, tiles },
  };
}

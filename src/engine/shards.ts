import { adamStep, TrainArena } from './kernels.js';
import { type Products, wasmProducts } from './products.js';
import { addAlongTree, type Node, nodesWithin } from './sumTree.js';
import type { TrainingProblem, TrainingRule, TrainingState } from './training.js';

/** A block of neighbouring voxels whose gradient is made and used while it is in cache. */
export interface Tile {
  /** First voxel and number of voxels; `width` is the number with its zero padding. */
  first: number;
  nVoxels: number;
  width: number;
}

/**
 * How a training is cut, from its sizes alone, so that sums (and with them the bytes of the result) do not
 * depend on the number of threads: voxels into shards, each the work of one thread, and shards into tiles.
 */
export interface ShardLayout {
  nVoxels: number;
  nDims: number;
  batchSize: number;
  /** nDims and batchSize, each padded to a multiple of 8. */
  width: number;
  rows: number;
  shards: Tile[][];
}

const roundUp = (value: number, multiple: number) => Math.ceil(value / multiple) * multiple;

/** Sixteen shards serve up to sixteen threads; fewer where tiles would become too small to be worth a call. */
const maxShards = 16;
const tileVoxels = 512;
const smallestShard = 384;

export function shardLayout(nVoxels: number, nDims: number, batchSize: number): ShardLayout {
  const nShards = Math.max(1, Math.min(maxShards, Math.floor(nVoxels / smallestShard)));
  const shardVoxels = roundUp(Math.ceil(nVoxels / nShards), 16);
  const tilesOfShard = Math.ceil(shardVoxels / tileVoxels);
  const perTile = roundUp(Math.ceil(shardVoxels / tilesOfShard), 16);
  const shards: Tile[][] = [];
  for (let start = 0; start < nVoxels; start += shardVoxels) {
    const end = Math.min(start + shardVoxels, nVoxels);
    const tiles: Tile[] = [];
    for (let first = start; first < end; first += perTile) {
      const count = Math.min(perTile, end - first);
      tiles.push({ first, nVoxels: count, width: roundUp(count, 16) });
    }
    shards.push(tiles);
  }
  return { nVoxels, nDims, batchSize, width: roundUp(nDims, 8), rows: roundUp(batchSize, 8), shards };
}

interface HeldTile extends Tile {
  /** Weights and moments, one voxel a column: nDims padded × width. */
  weight: Float32Array;
  firstMoment: Float32Array;
  secondMoment: Float32Array;
  /** The batch of this step and of the next: rows × width, step modulo 2. */
  batches: [Float32Array, Float32Array];
}

/** What a group of shards needs to know of the training. */
export interface ShardTask {
  layout: ShardLayout;
  /** Shards `from` … `to`−1 are this group's. */
  from: number;
  to: number;
  rule: TrainingRule;
  noiseKey: TrainingProblem['noiseKey'];
  /** Whether the betas handed over already hold their noise. */
  noiseGiven: boolean;
}

/**
 * The shards of one thread: weights, moments and batches in one wasm memory. Weights stand with one voxel a column,
 * so that both large products have them, or their gradient, on the left and the narrow batch on the right: that is
 * the side that matrix kernels copy into a layout of their own.
 */
export class ShardGroup {
  readonly #task: ShardTask;
  readonly #arena: TrainArena;
  readonly #products: Products;
  readonly #shards: HeldTile[][];
  readonly #gradient: Float32Array;
  readonly #part: Float32Array;
  readonly #errors: Float32Array;
  readonly #sums: Float32Array[];
  /** What this group adds up by itself. */
  readonly #nodes: Node[];

  constructor(task: ShardTask, products: (arena: TrainArena) => Products = (a) => wasmProducts(a.kernels)) {
    this.#task = task;
    const { width, rows, shards } = task.layout;
    const own = shards.slice(task.from, task.to);
    const tiles = own.flat();
    const voxels = tiles.reduce((sum, tile) => sum + tile.width, 0);
    const widest = Math.max(...tiles.map((tile) => tile.width));
    const block = rows * width;
    this.#arena = new TrainArena(
      voxels * (3 * width + 2 * rows) + widest * width + (2 + own.length) * block,
      tiles.length * 5 + own.length + 4,
    );
    this.#products = products(this.#arena);
    const take = (length: number) => this.#arena.take(length);
    this.#gradient = take(widest * width);
    this.#part = take(block);
    this.#errors = take(block);
    this.#sums = own.map(() => take(block));
    this.#nodes = nodesWithin([0, shards.length], [task.from, task.to]);
    this.#shards = own.map((list) =>
      list.map((tile) => ({
        ...tile,
        weight: take(tile.width * width),
        firstMoment: take(tile.width * width),
        secondMoment: take(tile.width * width),
        batches: [take(rows * tile.width), take(rows * tile.width)],
      })),
    );
  }

  /** Takes this group's part of a whole state. */
  load(state: Pick<TrainingState, 'weight' | 'weightFirst' | 'weightSecond'>): void {
    this.#exchange(state, (own, i, whole, j) => {
      own[i] = whole[j]!;
    });
  }

  /** Writes this group's part into a whole state. */
  save(state: Pick<TrainingState, 'weight' | 'weightFirst' | 'weightSecond'>): void {
    this.#exchange(state, (own, i, whole, j) => {
      whole[j] = own[i]!;
    });
  }

  #exchange(
    state: Pick<TrainingState, 'weight' | 'weightFirst' | 'weightSecond'>,
    copy: (own: Float32Array, i: number, whole: Float32Array, j: number) => void,
  ): void {
    const { nDims } = this.#task.layout;
    for (const tile of this.#shards.flat()) {
      const pairs = [
        [tile.weight, state.weight],
        [tile.firstMoment, state.weightFirst],
        [tile.secondMoment, state.weightSecond],
      ] as const;
      for (const [own, whole] of pairs) {
        for (let v = 0; v < tile.nVoxels; v++) {
          const at = (tile.first + v) * nDims;
          for (let d = 0; d < nDims; d++) copy(own, d * tile.width + v, whole, at + d);
        }
      }
    }
  }

  /** Takes this group's columns of a step's batch (batchSize × nVoxels) and adds the noise. */
  prepare(step: number, betas: Float32Array): void {
    const { layout, rule, noiseKey, noiseGiven } = this.#task;
    const { nVoxels, batchSize } = layout;
    const withNoise = rule.noiseSd !== 0 && !noiseGiven;
    const [k0, k1] = noiseKey;
    for (const tile of this.#shards.flat()) {
      const batch = tile.batches[step & 1]!;
      for (let row = 0; row < batchSize; row++) {
        const at = row * tile.width;
        const from = row * nVoxels + tile.first;
        batch.set(betas.subarray(from, from + tile.nVoxels), at);
        if (!withNoise) continue;
        const pointer = batch.byteOffset + at * 4;
        this.#arena.kernels.addNoise(pointer, tile.width, tile.first, row, step, rule.noiseSd, k0, k1);
        if (tile.nVoxels < tile.width) batch.fill(0, at + tile.nVoxels, at + tile.width);
      }
    }
  }

  /** Partial predictions of a step: the weights times its batch. */
  async forward(step: number): Promise<void> {
    for (let s = 0; s < this.#shards.length; s++) {
      for (const [t, tile] of this.#shards[s]!.entries()) await this.#predict(s, t, tile, step);
    }
  }

  /** Adds up the partial predictions as far as this group alone can: see {@link addAlongTree}. */
  publish(parts: readonly Float32Array[]): void {
    const { layout, from } = this.#task;
    for (const node of this.#nodes) {
      addAlongTree(node, (i, j) => {
        const [sum, part] = [this.#sums[i - from]!, this.#sums[j - from]!];
        this.#arena.kernels.add(sum.byteOffset, part.byteOffset, layout.rows * layout.width);
      });
      parts[node[0]]!.set(this.#sums[node[0] - from]!);
    }
  }

  /**
   * Updates the weights by a step's error (∂loss/∂prediction, width × rows), tile by tile: gradient, Adam, and,
   * if `ahead`, the tile's share of the next step's predictions while its weights are in cache.
   */
  async update(step: number, errors: Float32Array, ahead: boolean): Promise<void> {
    this.#errors.set(errors);
    const { rows, width } = this.#task.layout;
    for (let s = 0; s < this.#shards.length; s++) {
      for (const [t, tile] of this.#shards[s]!.entries()) {
        const batch = tile.batches[step & 1]!;
        await this.#products.plain(this.#errors, batch, this.#gradient, width, rows, tile.width);
        const arrays = {
          value: tile.weight,
          first: tile.firstMoment,
          second: tile.secondMoment,
          gradient: this.#gradient,
        };
        adamStep(this.#arena.kernels, this.#task.rule, step, arrays, tile.width * width);
        if (ahead) await this.#predict(s, t, tile, step + 1);
      }
    }
  }

  async #predict(shard: number, place: number, tile: HeldTile, step: number): Promise<void> {
    const { rows, width } = this.#task.layout;
    const sum = this.#sums[shard]!;
    const out = place === 0 ? sum : this.#part;
    await this.#products.byTransposed(tile.weight, tile.batches[step & 1]!, out, width, tile.width, rows);
    if (place > 0) this.#arena.kernels.add(sum.byteOffset, out.byteOffset, rows * width);
  }
}

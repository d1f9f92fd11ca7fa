import { throwIfAborted } from '../util/errors.js';
import { nextTurn } from '../util/progress.js';
import { Contrast } from './contrast.js';
import { defaultThreads, WorkerPool } from './pool.js';
import { type ProductFactory, type ProductKind, productsOf } from './products.js';
import { ShardGroup, type ShardLayout, type ShardTask, shardLayout } from './shards.js';
import { addAlongTree, type Node, nodesWithin } from './sumTree.js';
import {
  emptyState,
  mapState,
  type StepReport,
  type Training,
  type TrainingProblem,
  type TrainingState,
} from './training.js';

/** Multiplications a step below which threads and native calls cost more than they save. */
const inlineProducts = 4e6;

/** A group of shards, here or on another thread. */
interface Group {
  prepare(step: number): void;
  forward(step: number): Promise<void>;
  update(step: number, ahead: boolean): Promise<void>;
  load(state: TrainingState): Promise<void>;
  save(state: TrainingState): Promise<void>;
}

/** Arrays every thread sees. */
export interface Exchange {
  /** Betas of two steps, batchSize × nVoxels each, step modulo 2. */
  betas: [Float32Array, Float32Array];
  /** ∂loss/∂prediction, width × rows. */
  errors: Float32Array;
  /** Partial predictions, width × rows: the sum of a thread's node of shards stands at the node's first shard. */
  parts: Float32Array[];
}

function exchange(layout: ShardLayout): Exchange {
  const shared = (length: number) => new Float32Array(new SharedArrayBuffer(length * 4));
  const block = layout.rows * layout.width;
  const batch = layout.batchSize * layout.nVoxels;
  return {
    betas: [shared(batch), shared(batch)],
    errors: shared(block),
    parts: layout.shards.map(() => shared(block)),
  };
}

function localGroup(task: ShardTask, shared: Exchange): Group {
  const group = new ShardGroup(task);
  return {
    prepare: (step) => group.prepare(step, shared.betas[step & 1]!),
    async forward(step) {
      await group.forward(step);
      group.publish(shared.parts);
    },
    async update(step, ahead) {
      await group.update(step, shared.errors, ahead);
      group.publish(shared.parts);
    },
    load: async (state) => group.load(state),
    save: async (state) => group.save(state),
  };
}

function remoteGroup(pool: WorkerPool, worker: number): Group {
  // a failed preparation is reported by the call that waits for its result, which comes after it in the queue
  let prepared: Promise<void> = Promise.resolve();
  const after = async (job: Promise<void>) => void (await Promise.all([prepared, job]));
  return {
    prepare: (step) => {
      prepared = pool.runOn(worker, 'prepare', step);
      prepared.catch(() => {});
    },
    forward: (step) => after(pool.runOn(worker, 'forward', step)),
    update: (step, ahead) => after(pool.runOn(worker, 'update', { step, ahead })),
    load: (state) => pool.runOn(worker, 'load', state),
    save: (state) => pool.runOn(worker, 'save', state),
  };
}

/** What a training thread is given. */
export interface ThreadTask {
  task: ShardTask;
  shared: Exchange;
  products: ProductKind;
}

export interface CpuOptions {
  /** Worker threads; changes the time, never the result. All cores by default. */
  threads?: number;
  /** What multiplies matrices. */
  products: ProductKind;
}

/** Whether a problem of this size is best done at once on the calling thread, by the wasm kernels. */
export function isSmall(problem: Pick<TrainingProblem, 'nVoxels' | 'nDims' | 'batchSize'>): boolean {
  return problem.nVoxels * problem.nDims * problem.batchSize < inlineProducts;
}

/**
 * Starts a training on the CPU. Each thread keeps its voxels' weights and moments; between threads go only
 * partial predictions and the error, and each tile of weights is read and written once a step.
 */
export async function openCpuTraining(problem: TrainingProblem, options: CpuOptions): Promise<Training> {
  const layout = shardLayout(problem.nVoxels, problem.nDims, problem.batchSize);
  const shared = exchange(layout);
  const nShards = layout.shards.length;
  const common = { layout, rule: problem.rule, noiseKey: problem.noiseKey, noiseGiven: !!problem.addNoise };
  const training = isSmall(problem)
    ? new CpuTraining(
        ...([problem, layout, shared] as const),
        [localGroup({ ...common, from: 0, to: nShards }, shared)],
        nodesWithin([0, nShards], [0, nShards]),
      )
    : await openThreads();
  await training.load(problem.start);
  return training;

  async function openThreads(): Promise<CpuTraining> {
    const threads = Math.max(1, Math.min(options.threads ?? defaultThreads(), nShards));
    const pool = new WorkerPool(new URL('./train-worker.js', import.meta.url), threads);
    try {
      const ownOf = (worker: number): Node => [
        Math.floor((worker * nShards) / threads),
        Math.floor(((worker + 1) * nShards) / threads),
      ];
      await pool.runOnAll<void>('open', (worker): ThreadTask => {
        const [from, to] = ownOf(worker);
        return { task: { ...common, from, to }, shared, products: options.products };
      });
      const summed = Array.from({ length: threads }, (_, worker) => nodesWithin([0, nShards], ownOf(worker)));
      const groups = Array.from({ length: threads }, (_, worker) => remoteGroup(pool, worker));
      const products = await productsOf(options.products);
      return new CpuTraining(problem, layout, shared, groups, summed.flat(), products, pool);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }
}

class CpuTraining implements Training {
  #step: number;
  readonly #contrast: Contrast;

  constructor(
    readonly problem: TrainingProblem,
    readonly layout: ShardLayout,
    readonly shared: Exchange,
    readonly groups: Group[],
    /** Nodes of shards that a group sums by itself. */
    readonly summed: readonly Node[],
    products?: ProductFactory,
    readonly pool?: WorkerPool,
  ) {
    this.#step = problem.start.step;
    this.#contrast = new Contrast(layout, problem.rule, products);
  }

  async load(state: TrainingState): Promise<void> {
    this.#contrast.load(state);
    const shared = this.pool ? mapState(state, toShared) : state;
    await Promise.all(this.groups.map((group) => group.load(shared)));
  }

  async state(): Promise<TrainingState> {
    const { nVoxels, nDims } = this.layout;
    const empty = emptyState(nVoxels, nDims, this.#step);
    const shared = this.pool ? mapState(empty, toShared) : empty;
    await Promise.all(this.groups.map((group) => group.save(shared)));
    const state = this.pool ? mapState(shared, (array) => array.slice()) : shared;
    this.#contrast.save(state);
    return state;
  }

  async close(): Promise<void> {
    await this.pool?.close();
  }

  /**
   * The order that keeps both cores busy: while this thread works on the loss, the others take in the next batch;
   * while they update the weights, this one reads the batch after that.
   */
  async advance(end: number, onStep: (report: StepReport) => void, signal?: AbortSignal): Promise<void> {
    if (this.#step >= end) return;
    throwIfAborted(signal, 'training');
    await this.#read(this.#step);
    this.#prepare(this.#step);
    await this.#all((group) => group.forward(this.#step), this.#step + 1 < end && this.#step + 1);
    let turned = performance.now();
    while (this.#step < end) {
      throwIfAborted(signal, 'training');
      const step = this.#step;
      const ahead = step + 1 < end;
      this.#gather();
      if (ahead) this.#prepare(step + 1);
      this.#readTargets(step);
      const { loss, similarity } = await this.#contrast.step(step);
      this.shared.errors.set(this.#contrast.predictions);
      await this.#all((group) => group.update(step, ahead), step + 2 < end && step + 2);
      this.#step = step + 1;
      onStep({ step, loss, similarity });
      if (performance.now() - turned > 50) {
        await nextTurn();
        turned = performance.now();
      }
    }
  }

  /** Work of all groups, with the reading of a later batch beside it. */
  async #all(work: (group: Group) => Promise<void>, read: number | false): Promise<void> {
    const jobs = this.groups.map(work);
    if (read !== false) jobs.push(this.#read(read));
    await Promise.all(jobs);
  }

  async #read(step: number): Promise<void> {
    const betas = this.shared.betas[step & 1]!;
    await this.problem.readBetas(step, betas);
    this.problem.addNoise?.(step, betas);
  }

  /** The sum of all partial predictions. */
  #gather(): void {
    const { parts } = this.shared;
    const add = (i: number, j: number) => {
      const [sum, part] = [parts[i]!, parts[j]!];
      for (let k = 0; k < sum.length; k++) sum[k]! += part[k]!;
    };
    addAlongTree([0, parts.length], add, this.summed);
    this.#contrast.predictions.set(parts[0]!);
  }

  #prepare(step: number): void {
    for (const group of this.groups) group.prepare(step);
  }

  #readTargets(step: number): void {
    const { batchSize, nDims, width } = this.layout;
    const packed = new Float32Array(batchSize * nDims);
    this.problem.readTargets(step, packed);
    for (let row = 0; row < batchSize; row++) {
      this.#contrast.targets.set(packed.subarray(row * nDims, (row + 1) * nDims), row * width);
    }
  }
}

function toShared(array: Float32Array): Float32Array {
  const copy = new Float32Array(new SharedArrayBuffer(array.byteLength));
  copy.set(array);
  return copy;
}

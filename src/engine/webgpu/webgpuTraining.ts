import { EngineError, throwIfAborted } from '../../util/errors.js';
import {
  emptyState,
  type StepReport,
  type Training,
  type TrainingProblem,
  type TrainingState,
} from '../training.js';
import { bindBuffers, compileKernel } from './compileKernel.js';
import type { GpuLayout } from './gpuLayout.js';
import { type GpuTable, mostChunks } from './gpuTable.js';
import { type GpuBuffer, type GpuDevice, type GpuPipeline, usage } from './gpuTypes.js';
import { checked } from './openGpu.js';
import { padRows, unpadRows } from './padRows.js';
import { readBuffer } from './readBuffer.js';
import { type StepKernel, stepKernels } from './stepKernels.js';

/** Steps queued at a time, at most: with all data on the device, and where each step sends its batch. */
const queued = { resident: 64, sent: 8 };
/** More steps are queued while a queue takes less than this, fewer where it takes four times as long. */
const queueMs = 100;

type Name = Exclude<keyof TrainingState, 'step'>;
const weightNames = ['weight', 'weightFirst', 'weightSecond'] as const satisfies Name[];
const biasNames = ['bias', 'biasFirst', 'biasSecond'] as const satisfies Name[];

interface Dispatch extends Omit<StepKernel, 'code'> {
  pipeline: GpuPipeline;
  bindings: object;
}

interface Report {
  first: number;
  count: number;
  from: GpuBuffer;
}

/** A training on a GPU; beside {@link Training} it can time its kernels. */
export class WebgpuTraining implements Training {
  #step: number;
  readonly #buffers: Record<string, GpuBuffer> = {};
  readonly #staging: GpuBuffer[] = [];
  readonly #table: GpuTable;
  #dispatches: Dispatch[] = [];
  readonly #release?: () => void;
  readonly #sends: { betas: Float32Array; targets: Float32Array } | undefined;
  readonly #queued: number;
  #burst = 2;

  constructor(
    readonly device: GpuDevice,
    readonly problem: TrainingProblem,
    readonly layout: GpuLayout,
    resident: (GpuTable & { release(): void }) | undefined,
  ) {
    const { nVoxels, nDims, batchSize } = layout;
    this.#step = problem.start.step;
    this.#queued = resident ? queued.resident : queued.sent;
    this.#release = resident?.release;
    if (resident) this.#table = resident;
    else {
      this.#sends = {
        betas: new Float32Array(batchSize * nVoxels),
        targets: new Float32Array(batchSize * nDims),
      };
      const betas = [this.#buffer('batch', batchSize * nVoxels)];
      const targets = this.#buffer('targets', batchSize * nDims);
      this.#table = { betas, targets, chunkRows: batchSize };
    }
  }

  async open(): Promise<void> {
    await checked(this.device, async () => {
      await this.#prepare();
      this.#load(this.problem.start);
    });
  }

  async #prepare(): Promise<void> {
    const { voxelStride, dimStride, batchStride, nSplits, batchSize } = this.layout;
    const block = batchStride * dimStride;
    const buffers = {
      schedule: this.#buffer('schedule', 4 + this.#queued * (3 + batchSize)),
      byTrial: this.#buffer('byTrial', batchStride * voxelStride),
      byVoxel: this.#buffer('byVoxel', batchStride * voxelStride),
      partials: this.#buffer('partials', nSplits * block),
      rows: this.#buffer('rows', 2 * block),
      columns: this.#buffer('columns', 2 * block),
      norms: this.#buffer('norms', batchStride),
      scores: this.#buffer('scores', batchStride * batchStride),
      softmax: this.#buffer('softmax', 4 * batchStride),
      errors: this.#buffer('errors', block),
      metrics: this.#buffer('metrics', 2 * this.#queued),
      weight: this.#buffer('weight', voxelStride * dimStride),
      weightFirst: this.#buffer('weightFirst', voxelStride * dimStride),
      weightSecond: this.#buffer('weightSecond', voxelStride * dimStride),
      bias: this.#buffer('bias', 3 * dimStride),
    };
    const { betas, targets, chunkRows } = this.#table;
    // a binding may not be left empty
    const chunks = Array.from({ length: mostChunks }, (_, i) => betas[i] ?? buffers.norms);
    const b = buffers;
    const bindings: Record<string, GpuBuffer[]> = {
      gather: [b.schedule, ...chunks, b.byTrial, b.byVoxel],
      forward: [b.byVoxel, b.weight, b.partials],
      predict: [b.schedule, b.partials, b.bias, targets, b.rows, b.columns, b.norms],
      contrast: [b.schedule, b.rows, b.columns, b.scores, b.softmax],
      pull: [b.schedule, b.rows, b.norms, b.scores, b.softmax, b.errors, b.metrics],
      update: [b.schedule, b.byTrial, b.errors, b.weight, b.weightFirst, b.weightSecond, b.bias],
    };
    this.#dispatches = await Promise.all(
      stepKernels(this.layout, this.problem, chunkRows).map(async ({ name, code, workgroups }) => {
        const pipeline = await compileKernel(this.device, name, code);
        const group = bindBuffers(this.device, pipeline, bindings[name]!);
        return { name, workgroups, pipeline, bindings: group };
      }),
    );
  }

  #buffer(name: string, nFloats: number): GpuBuffer {
    const flags = usage.storage | usage.copySource | usage.copyTarget;
    const size = Math.max(16, nFloats * 4);
    return (this.#buffers[name] = this.device.createBuffer({ label: name, size, usage: flags }));
  }

  #load(state: TrainingState): void {
    const { nVoxels, nDims, dimStride } = this.layout;
    const { queue } = this.device;
    const blockVoxels = Math.max(1, Math.floor(2 ** 23 / dimStride));
    for (const name of weightNames) {
      for (let v = 0; v < nVoxels; v += blockVoxels) {
        const count = Math.min(blockVoxels, nVoxels - v);
        const block = padRows(state[name].subarray(v * nDims, (v + count) * nDims), nDims, dimStride);
        queue.writeBuffer(this.#buffers[name]!, v * dimStride * 4, block);
      }
    }
    for (const [i, name] of biasNames.entries()) {
      queue.writeBuffer(this.#buffers['bias']!, i * dimStride * 4, state[name]);
    }
  }

  async state(): Promise<TrainingState> {
    const { nVoxels, nDims, dimStride } = this.layout;
    const state = emptyState(nVoxels, nDims, this.#step);
    for (const name of weightNames) {
      unpadRows(
        await this.#floats(this.#buffers[name]!, 0, nVoxels * dimStride),
        state[name],
        nDims,
        dimStride,
      );
    }
    for (const [i, name] of biasNames.entries()) {
      state[name].set(await this.#floats(this.#buffers['bias']!, i * dimStride, nDims));
    }
    return state;
  }

  async #floats(from: GpuBuffer, first: number, length: number): Promise<Float32Array> {
    return new Float32Array(await readBuffer(this.device, from, first * 4, length * 4));
  }

  async advance(end: number, onStep: (report: StepReport) => void, signal?: AbortSignal): Promise<void> {
    let waiting: Report | undefined;
    const settle = async () => {
      const report = waiting;
      waiting = undefined;
      if (report) await this.#tell(report, onStep);
    };
    try {
      while (this.#step < end) {
        throwIfAborted(signal, 'training');
        const start = performance.now();
        const report = await this.#enqueue(Math.min(this.#burst, end - this.#step));
        // the device has the next steps to do while the last ones' losses are fetched
        await settle();
        waiting = report;
        const took = performance.now() - start;
        if (took < queueMs) this.#burst = Math.min(2 * this.#burst, this.#queued);
        else if (took > 4 * queueMs) this.#burst = Math.max(1, this.#burst >> 1);
      }
    } finally {
      await settle();
    }
  }

  /** Gives the device `count` steps to do. */
  async #enqueue(count: number): Promise<Report> {
    const { queue } = this.device;
    const first = this.#step;
    queue.writeBuffer(this.#buffers['schedule']!, 0, this.#schedule(first, count));
    let encoder = this.device.createCommandEncoder();
    for (let i = 0; i < count; i++) {
      if (this.#sends) await this.#send(first + i);
      const pass = encoder.beginComputePass();
      for (const { pipeline, bindings, workgroups } of this.#dispatches) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindings);
        pass.dispatchWorkgroups(...workgroups);
      }
      pass.end();
      if (this.#sends) {
        queue.submit([encoder.finish()]);
        encoder = this.device.createCommandEncoder();
      }
    }
    const size = 8 * count;
    const from =
      this.#staging.pop() ??
      this.device.createBuffer({ size: 8 * this.#queued, usage: usage.mapRead | usage.copyTarget });
    encoder.copyBufferToBuffer(this.#buffers['metrics']!, 0, from, 0, size);
    queue.submit([encoder.finish()]);
    this.#step += count;
    return { first, count, from };
  }

  /** What the kernels need to know of each step: see stepKernels. */
  #schedule(first: number, count: number): Uint32Array {
    const { batchSize } = this.layout;
    const { beta1, beta2, learningRate } = this.problem.rule;
    const out = new Uint32Array(4 + count * (3 + batchSize));
    const numbers = new Float32Array(out.buffer);
    for (let i = 0; i < count; i++) {
      const at = 4 + i * (3 + batchSize);
      const t = first + i + 1;
      out[at] = first + i;
      numbers[at + 1] = learningRate / (1 - beta1 ** t);
      numbers[at + 2] = 1 / Math.sqrt(1 - beta2 ** t);
      const rows = out.subarray(at + 3, at + 3 + batchSize);
      if (this.#sends) for (let row = 0; row < batchSize; row++) rows[row] = row;
      else this.problem.table!.rows(first + i, rows);
    }
    return out;
  }

  /** Sends a step's batch, where the betas are not on the device. */
  async #send(step: number): Promise<void> {
    const { betas, targets } = this.#sends!;
    await this.problem.readBetas(step, betas);
    this.problem.addNoise?.(step, betas);
    this.problem.readTargets(step, targets);
    this.device.queue.writeBuffer(this.#table.betas[0]!, 0, betas);
    this.device.queue.writeBuffer(this.#table.targets, 0, targets);
  }

  async #tell({ first, count, from }: Report, onStep: (report: StepReport) => void): Promise<void> {
    await from.mapAsync(1);
    const numbers = new Float32Array(from.getMappedRange()).slice(0, 2 * count);
    from.unmap();
    this.#staging.push(from);
    for (let i = 0; i < count; i++) {
      const [loss, similarity] = numbers.subarray(2 * i);
      if (!Number.isFinite(loss))
        throw new EngineError('webgpu', `gave a loss of ${loss} at step ${first + i}`);
      onStep({ step: first + i, loss: loss!, similarity: similarity! });
    }
  }

  /** Milliseconds of each kernel, done `repeats` times on end; spoils the weights. For benchmarks. */
  async timeKernels(repeats: number): Promise<Record<string, number>> {
    const times: Record<string, number> = {};
    this.device.queue.writeBuffer(this.#buffers['schedule']!, 0, this.#schedule(this.#step, 1));
    for (const { name, pipeline, bindings, workgroups } of this.#dispatches) {
      for (let round = 0; round < 2; round++) {
        const encoder = this.device.createCommandEncoder();
        const pass = encoder.beginComputePass();
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindings);
        for (let i = 0; i < repeats; i++) pass.dispatchWorkgroups(...workgroups);
        pass.end();
        const start = performance.now();
        this.device.queue.submit([encoder.finish()]);
        await this.device.queue.onSubmittedWorkDone();
        times[name] = (performance.now() - start) / repeats;
      }
    }
    return times;
  }

  async close(): Promise<void> {
    this.#release?.();
    for (const buffer of [...Object.values(this.#buffers), ...this.#staging]) buffer.destroy();
  }
}

import { ResourceError, throwIfAborted } from '../../util/errors.js';
import type { WorkOptions } from '../../util/progress.js';
import type { VectorPool } from '../vectorPool.js';
import { bindBuffers, compileKernel } from './compileKernel.js';
import { type GpuBuffer, type GpuDevice, type GpuEncoder, type GpuPipeline, usage } from './gpuTypes.js';
import { nearestError, nearestKernel, nearestTile } from './nearestKernel.js';
import { readBuffer } from './readBuffer.js';
import { type Places, sendVectors } from './vectorPlaces.js';

/** Multiplications of a first submission; later ones grow while they take less than partMs: a watchdog is never near. */
const firstProducts = 1e10;
const partMs = 100;
/** Room for this many candidates, and at least for a whole tile of rows. */
const usualCapacity = 1 << 20;

type Kind = 'largest' | 'candidates';
type Decide = (pairs: Uint32Array) => Promise<void>;
type Work = (firstTile: number, nTiles: number) => Promise<void>;
type Encode = (encoder: GpuEncoder, nTiles: number) => void;
const bufferNames = ['vectors', 'strips', 'groups', 'job', 'largest', 'limits', 'found', 'pairs'] as const;
type Buffers = Record<(typeof bufferNames)[number], GpuBuffer>;

/** The two passes of gpuNearest over the pairs of a pool, its vectors on the device. */
export class NearestPass {
  private constructor(
    readonly device: GpuDevice,
    readonly pool: VectorPool,
    readonly places: Places,
    readonly buffers: Buffers,
    readonly capacity: number,
    readonly largest: Encode,
    readonly candidates: Encode,
  ) {}

  static async open(
    device: GpuDevice,
    pool: VectorPool,
    places: Places,
    leastCapacity = usualCapacity,
  ): Promise<NearestPass> {
    const nPlaces = places.rows.length;
    const nGroups = pool.starts.length - 1;
    const depth = Math.ceil(pool.nDims / nearestTile.depth) * nearestTile.depth;
    const capacity = Math.max(leastCapacity, nearestTile.rows * nPlaces);
    const buffers = buffersOf(device, {
      vectors: depth * nPlaces,
      strips: 4 * places.strips.length,
      groups: places.groupOfTile.length,
      job: 4,
      largest: places.strips.length * nPlaces,
      limits: nGroups * nPlaces,
      found: 4,
      pairs: 2 * capacity,
    });
    device.queue.writeBuffer(buffers.strips, 0, Uint32Array.from(places.strips.flat()));
    device.queue.writeBuffer(buffers.groups, 0, places.groupOfTile);
    device.queue.writeBuffer(buffers.job, 0, Uint32Array.of(0, nPlaces, depth, capacity));
    sendVectors(device, pool, places, buffers.vectors);
    const encode = async (kind: Kind, own: GpuBuffer[]) => {
      const made = await pipelineOf(device, kind);
      const bound = [buffers.vectors, buffers.strips, buffers.groups, buffers.job, ...own];
      const group = bindBuffers(device, made, bound);
      return (encoder: GpuEncoder, nTiles: number) => {
        const pass = encoder.beginComputePass();
        pass.setPipeline(made);
        pass.setBindGroup(0, group);
        pass.dispatchWorkgroups(places.strips.length, nTiles);
        pass.end();
      };
    };
    const largest = await encode('largest', [buffers.largest]);
    const candidates = await encode('candidates', [buffers.limits, buffers.found, buffers.pairs]);
    return new NearestPass(device, pool, places, buffers, capacity, largest, candidates);
  }

  /** Calls `decide` with pairs of rows, over shared memory; the device goes on while it decides. */
  async run(options: WorkOptions, decide: Decide): Promise<void> {
    await this.#inParts(options, 0, (first, nTiles) => this.#largestOf(first, nTiles));
    await this.#sendLimits();
    let deciding: Promise<void> = Promise.resolve();
    const next: Decide = async (pairs) => {
      await deciding;
      deciding = decide(pairs);
      deciding.catch(() => {}); // it is awaited below, or before the next
    };
    try {
      await this.#inParts(options, 1, (first, nTiles) => this.#candidatesOf(first, nTiles, next));
    } finally {
      await deciding;
    }
  }

  async #inParts(options: WorkOptions, half: number, work: Work): Promise<void> {
    const { groupOfTile, rows } = this.places;
    const productsOfTile = nearestTile.rows * rows.length * this.pool.nDims;
    const total = groupOfTile.length;
    let most = Math.max(1, Math.floor(firstProducts / productsOfTile));
    for (let first = 0; first < total; ) {
      throwIfAborted(options.signal, 'nearest voxels');
      const nTiles = Math.min(most, total - first);
      const start = performance.now();
      await work(first, nTiles);
      if (performance.now() - start < partMs) most *= 2;
      first += nTiles;
      options.onProgress?.({ label: 'nearest voxels', done: half * total + first, total: 2 * total });
    }
  }

  async #largestOf(first: number, nTiles: number): Promise<void> {
    const { queue } = this.device;
    queue.writeBuffer(this.buffers.job, 0, Uint32Array.of(first));
    const encoder = this.device.createCommandEncoder();
    this.largest(encoder, nTiles);
    queue.submit([encoder.finish()]);
    await queue.onSubmittedWorkDone();
  }

  /** limit[g][place] = the largest float32 cosine to group g, less twice the error that either may have. */
  async #sendLimits(): Promise<void> {
    const { strips, rows, groupOfTile } = this.places;
    const nPlaces = rows.length;
    const nGroups = this.pool.starts.length - 1;
    const band = nearestError(this.pool.nDims);
    const limits = new Float32Array(nGroups * nPlaces).fill(-4);
    const size = strips.length * nPlaces * 4;
    const found = new Float32Array(await readBuffer(this.device, this.buffers.largest, 0, size));
    for (const [s, [g]] of strips.entries()) {
      for (let p = 0; p < nPlaces; p++) {
        const value = found[s * nPlaces + p]!;
        if (value > limits[g * nPlaces + p]!) limits[g * nPlaces + p] = value;
      }
    }
    for (let p = 0; p < nPlaces; p++) {
      const own = groupOfTile[Math.floor(p / nearestTile.rows)]!;
      for (let g = 0; g < nGroups; g++) {
        // padding and the own group are near to nothing
        const at = g * nPlaces + p;
        limits[at] = rows[p]! < 0 || g === own ? 4 : limits[at]! - 2 * band;
      }
    }
    this.device.queue.writeBuffer(this.buffers.limits, 0, limits);
  }

  async #candidatesOf(first: number, nTiles: number, decide: Decide): Promise<void> {
    const { queue } = this.device;
    queue.writeBuffer(this.buffers.job, 0, Uint32Array.of(first));
    queue.writeBuffer(this.buffers.found, 0, Uint32Array.of(0));
    const encoder = this.device.createCommandEncoder();
    this.candidates(encoder, nTiles);
    queue.submit([encoder.finish()]);
    const [found] = new Uint32Array(await readBuffer(this.device, this.buffers.found, 0, 4));
    if (found! > this.capacity) {
      // one tile always fits
      const half = nTiles >> 1;
      await this.#candidatesOf(first, half, decide);
      return this.#candidatesOf(first + half, nTiles - half, decide);
    }
    if (found === 0) return;
    const { rows } = this.places;
    const pairs = new Uint32Array(new SharedArrayBuffer(found! * 8));
    const listed = new Uint32Array(await readBuffer(this.device, this.buffers.pairs, 0, found! * 8));
    for (let at = 0; at < pairs.length; at++) pairs[at] = rows[listed[at]!]!;
    await decide(pairs);
  }

  close(): void {
    for (const buffer of Object.values(this.buffers)) buffer.destroy();
  }
}

const pipelines = new WeakMap<GpuDevice, Map<Kind, Promise<GpuPipeline>>>();

/** A kernel, compiled once for a device. */
function pipelineOf(device: GpuDevice, kind: Kind): Promise<GpuPipeline> {
  const known = pipelines.get(device) ?? new Map<Kind, Promise<GpuPipeline>>();
  pipelines.set(device, known);
  let made = known.get(kind);
  if (!made) {
    made = compileKernel(device, kind, nearestKernel(kind));
    known.set(kind, made);
    made.catch(() => known.delete(kind));
  }
  return made;
}

/** Storage buffers of so many 32-bit words each; throws ResourceError for one that the device cannot bind. */
function buffersOf(device: GpuDevice, words: Record<keyof Buffers, number>): Buffers {
  const room = Math.min(device.limits.maxBufferSize, device.limits.maxStorageBufferBindingSize);
  const largest = Math.max(...Object.values(words)) * 4;
  if (largest > room) {
    const megabytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MB a buffer`;
    const fix = 'use engine cpu, or select fewer voxels';
    throw new ResourceError('the similarity pass on engine webgpu', megabytes(largest), megabytes(room), fix);
  }
  const flags = usage.storage | usage.copyTarget | usage.copySource;
  const made = bufferNames.map((label) => {
    const size = Math.max(16, words[label] * 4);
    return [label, device.createBuffer({ label, size, usage: flags })];
  });
  return Object.fromEntries(made) as Buffers;
}

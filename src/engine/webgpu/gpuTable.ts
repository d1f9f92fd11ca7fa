import type { TrainingProblem } from '../training.js';
import { type GpuBuffer, type GpuDevice, usage } from './gpuTypes.js';

/** Betas and targets on the device, the betas in up to four buffers of whole rows. */
export interface GpuTable {
  betas: GpuBuffer[];
  chunkRows: number;
  targets: GpuBuffer;
}

/** Bindings that gather.wgsl has for betas. */
export const mostChunks = 4;
const blockBytes = 2 ** 25;
/** An unused table is kept this long for the next training on the same data: a rerun, say. */
const keptMs = 20_000;

interface Held extends GpuTable {
  key: string;
  device: GpuDevice;
  users: number;
  timer?: NodeJS.Timeout;
}

let held: Held | undefined;

/** Rows in a buffer of so many bytes; 0 where the whole does not fit in {@link mostChunks} of them. */
function chunkRowsOf(bytes: number, nRows: number, nVoxels: number): number {
  const most = Math.floor(bytes / (4 * nVoxels));
  return most * mostChunks >= nRows ? Math.min(most, nRows) : 0;
}

/**
 * The problem's table on the device: uploaded, or the one that is there already under the same key. Undefined where
 * the problem has none or the device has no room for it.
 */
export async function acquireTable(
  device: GpuDevice,
  { table, nVoxels, nDims }: TrainingProblem,
  largestBuffer = Number.POSITIVE_INFINITY,
): Promise<(GpuTable & { release(): void }) | undefined> {
  if (!table) return undefined;
  const { maxBufferSize, maxStorageBufferBindingSize } = device.limits;
  const bytes = Math.min(maxBufferSize, maxStorageBufferBindingSize, largestBuffer);
  const chunkRows = chunkRowsOf(bytes, table.nRows, nVoxels);
  if (chunkRows === 0) return undefined;
  const key = `${table.key} ${table.nRows} ${nVoxels} ${nDims} ${chunkRows}`;
  if (held?.device === device && held.key === key) return use(held);
  if (held && held.users === 0) destroy(held);
  const sizes: number[] = [];
  for (let first = 0; first < table.nRows; first += chunkRows) {
    sizes.push(Math.min(chunkRows, table.nRows - first) * nVoxels * 4);
  }
  const made = await buffersOf(device, [...sizes, table.targets.byteLength]);
  if (!made) return undefined;
  const fresh: Held = { key, device, users: 0, chunkRows, targets: made.pop()!, betas: made };
  try {
    await upload(fresh, table, nVoxels);
  } catch (error) {
    destroy(fresh);
    throw error;
  }
  if (!held) held = fresh;
  return use(fresh);
}

function use(table: Held): GpuTable & { release(): void } {
  table.users++;
  clearTimeout(table.timer);
  const release = () => {
    if (--table.users > 0) return;
    if (held !== table) return destroy(table);
    table.timer = setTimeout(() => destroy(table), keptMs);
    table.timer.unref();
  };
  const { betas, chunkRows, targets } = table;
  return { betas, chunkRows, targets, release };
}

function destroy(table: Held): void {
  clearTimeout(table.timer);
  for (const buffer of [...table.betas, table.targets]) buffer.destroy();
  if (held === table) held = undefined;
}

/** Buffers of these sizes, all or, where the device is out of memory, none. */
async function buffersOf(device: GpuDevice, sizes: number[]): Promise<GpuBuffer[] | undefined> {
  device.pushErrorScope('out-of-memory');
  const flags = usage.storage | usage.copyTarget;
  const buffers = sizes.map((size) => device.createBuffer({ label: 'table', size, usage: flags }));
  if (!(await device.popErrorScope())) return buffers;
  for (const buffer of buffers) buffer.destroy();
  return undefined;
}

async function upload(
  to: Held,
  table: NonNullable<TrainingProblem['table']>,
  nVoxels: number,
): Promise<void> {
  const { queue } = to.device;
  queue.writeBuffer(to.targets, 0, table.targets);
  const blockRows = Math.max(1, Math.floor(blockBytes / (4 * nVoxels)));
  const block = new Float32Array(blockRows * nVoxels);
  let waiting: Promise<void> | undefined;
  for (let first = 0; first < table.nRows; ) {
    const inChunk = first % to.chunkRows;
    const rows = Math.min(blockRows, table.nRows - first, to.chunkRows - inChunk);
    const part = block.subarray(0, rows * nVoxels);
    await table.readBetas(first, part);
    queue.writeBuffer(to.betas[Math.floor(first / to.chunkRows)]!, inChunk * nVoxels * 4, part);
    first += rows;
    // the queue keeps its own copy until it has been sent; at most two blocks wait there
    await waiting;
    queue.submit([]);
    waiting = queue.onSubmittedWorkDone();
  }
  await waiting;
}

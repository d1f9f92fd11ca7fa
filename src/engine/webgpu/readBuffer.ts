import { type GpuBuffer, type GpuDevice, usage } from './gpuTypes.js';

/** A copy of some bytes of a buffer, after all that is queued before. */
export async function readBuffer(
  device: GpuDevice,
  from: GpuBuffer,
  offset: number,
  size: number,
): Promise<ArrayBuffer> {
  const staging = device.createBuffer({ size, usage: usage.mapRead | usage.copyTarget });
  try {
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(from, offset, staging, 0, size);
    device.queue.submit([encoder.finish()]);
    await staging.mapAsync(1);
    return staging.getMappedRange().slice(0);
  } finally {
    staging.destroy();
  }
}

import type { GpuBuffer, GpuDevice, GpuPipeline } from './gpuTypes.js';

/** Compiles WGSL whose entry point is `main`; the label names it in what the device says. */
export function compileKernel(device: GpuDevice, label: string, code: string): Promise<GpuPipeline> {
  const compute = { module: device.createShaderModule({ label, code }), entryPoint: 'main' };
  return device.createComputePipelineAsync({ label, layout: 'auto', compute });
}

/** Binds buffers to a kernel's group 0, in the order of its bindings. */
export function bindBuffers(device: GpuDevice, kernel: GpuPipeline, buffers: readonly GpuBuffer[]): object {
  const entries = buffers.map((buffer, binding) => ({ binding, resource: { buffer } }));
  return device.createBindGroup({ layout: kernel.getBindGroupLayout(0), entries });
}

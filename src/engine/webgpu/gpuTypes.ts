/** The part of WebGPU that this engine uses (https://www.w3.org/TR/webgpu/), as types. */
export interface Gpu {
  requestAdapter(options?: { powerPreference?: 'high-performance' }): Promise<GpuAdapter | null>;
}

export interface GpuAdapter {
  readonly isFallbackAdapter?: boolean;
  readonly limits: GpuLimits;
  readonly info?: {
    readonly vendor?: string;
    readonly architecture?: string;
    readonly description?: string;
    readonly device?: string;
    readonly isFallbackAdapter?: boolean;
  };
  requestDevice(options: { requiredLimits: Partial<GpuLimits> }): Promise<GpuDevice>;
}

export interface GpuLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupsPerDimension: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
}

export interface GpuDevice {
  readonly limits: GpuLimits;
  readonly queue: GpuQueue;
  readonly lost: Promise<{ reason: string; message: string }>;
  createBuffer(options: { label?: string; size: number; usage: number }): GpuBuffer;
  createShaderModule(options: { label?: string; code: string }): object;
  createComputePipelineAsync(options: {
    label?: string;
    layout: 'auto';
    compute: { module: object; entryPoint: string };
  }): Promise<GpuPipeline>;
  createBindGroup(options: {
    layout: object;
    entries: { binding: number; resource: { buffer: GpuBuffer } }[];
  }): object;
  createCommandEncoder(): GpuEncoder;
  pushErrorScope(filter: 'out-of-memory' | 'validation' | 'internal'): void;
  popErrorScope(): Promise<{ message: string } | null>;
  destroy(): void;
}

export interface GpuQueue {
  writeBuffer(buffer: GpuBuffer, offset: number, data: ArrayBufferView, from?: number, length?: number): void;
  submit(commands: object[]): void;
  onSubmittedWorkDone(): Promise<void>;
}

export interface GpuBuffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

export interface GpuPipeline {
  getBindGroupLayout(index: number): object;
}

export interface GpuEncoder {
  beginComputePass(): GpuPass;
  copyBufferToBuffer(
    from: GpuBuffer,
    fromOffset: number,
    to: GpuBuffer,
    toOffset: number,
    size: number,
  ): void;
  finish(): object;
}

export interface GpuPass {
  setPipeline(pipeline: GpuPipeline): void;
  setBindGroup(index: number, group: object): void;
  dispatchWorkgroups(x: number, y?: number, z?: number): void;
  end(): void;
}

/** Flags of buffers and of mapping, as the standard numbers them. */
export const usage = { mapRead: 1, copySource: 4, copyTarget: 8, storage: 128 } as const;

import { EngineError, MissingError } from '../../util/errors.js';
import { importFromPart } from '../parts.js';
import type { Gpu, GpuAdapter, GpuDevice, GpuLimits } from './gpuTypes.js';

let opened: Promise<Gpu> | undefined;

/** WebGPU of the part `webgpu`, put where libraries look for it (`navigator.gpu`); once a process. */
export function openGpu(): Promise<Gpu> {
  opened ??= (async () => {
    const { create, globals } = await importFromPart<{
      create(options: string[]): Gpu;
      globals: Record<string, unknown>;
    }>('webgpu', 'webgpu');
    Object.assign(globalThis, globals);
    const gpu = create([]);
    const navigator = globalThis.navigator ?? {};
    Object.defineProperty(navigator, 'gpu', { value: gpu, configurable: true });
    if (!globalThis.navigator) Object.defineProperty(globalThis, 'navigator', { value: navigator });
    return gpu;
  })();
  return opened;
}

async function requestAdapter(): Promise<GpuAdapter | null> {
  return (await openGpu()).requestAdapter({ powerPreference: 'high-performance' });
}

/** What the WebGPU adapter calls itself, and whether it is a processor in disguise; undefined without one. */
export async function webgpuAdapter(): Promise<{ name: string; isCpu: boolean } | undefined> {
  const adapter = await requestAdapter();
  if (!adapter) return undefined;
  const { vendor = '', architecture = '', description = '', device = '' } = adapter.info ?? {};
  const name = [vendor, architecture, device, description].filter(Boolean).join(' ') || 'unnamed adapter';
  const isCpu = Boolean(adapter.isFallbackAdapter || adapter.info?.isFallbackAdapter);
  return { name, isCpu: isCpu || /swiftshader|llvmpipe|lavapipe/i.test(name) };
}

const raised = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
] as const satisfies (keyof GpuLimits)[];

let shared: Promise<GpuDevice> | undefined;

/**
 * The device that everything of this process shares, with room for buffers as large as the adapter allows (WebGPU's
 * own default stops at 128 MiB a binding). A device that is lost is replaced at the next call.
 *
 * @throws MissingError if the part is not installed or there is no adapter
 */
export function openDevice(): Promise<GpuDevice> {
  shared ??= (async () => {
    const adapter = await requestAdapter();
    if (!adapter) {
      throw new MissingError(
        'webgpu',
        'finds no adapter',
        'it needs a GPU with a Vulkan, Metal or Direct3D 12 driver',
      );
    }
    const requiredLimits = Object.fromEntries(raised.map((name) => [name, adapter.limits[name]]));
    const device = await adapter.requestDevice({ requiredLimits });
    device.lost.then(() => (shared = undefined));
    return device;
  })();
  shared.catch(() => (shared = undefined));
  return shared;
}

/** Does work on the device; throws what the device had to say against it: too little memory, say. */
export async function checked<T>(device: GpuDevice, work: () => Promise<T>): Promise<T> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  const done = await work().then(
    (value) => ({ value }),
    (failure: Error) => ({ failure }),
  );
  const said = [await device.popErrorScope(), await device.popErrorScope()].find((error) => error);
  const failure = said ?? ('failure' in done ? done.failure : undefined);
  if (failure) throw new EngineError('webgpu', `fails: ${failure.message}`, undefined, failure);
  return (done as { value: T }).value;
}

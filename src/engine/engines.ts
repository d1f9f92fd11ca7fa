import { InputError } from '../util/errors.js';
import { openCpuTraining } from './cpu.js';
import type { PartName } from './parts.js';
import { partOfBackend, type TfjsBackend, tfjsBackends } from './tfjsBackends.js';
import type { Training, TrainingProblem } from './training.js';

/** Engines by name. `tfjs` is the first of its back ends that works. */
export const engineNames = ['cpu', 'wasm', 'webgpu', ...tfjsBackends] as const;
/** The name of an engine: where the arithmetic runs. */
export type EngineName = (typeof engineNames)[number];

/** What each engine is. */
export const engineText: Readonly<Record<EngineName, string>> = {
  cpu: 'onnxruntime kernels on worker threads, gradient and Adam fused',
  wasm: 'the same on our own WebAssembly kernels, where onnxruntime has no binary',
  webgpu: 'kernels of our own on any modern GPU (Vulkan, Metal or Direct3D), all data on the device',
  'tfjs-node-gpu': 'TensorFlow.js on CUDA',
  'tfjs-webgpu': 'TensorFlow.js on WebGPU',
  'tfjs-node': "TensorFlow.js on TensorFlow's CPU library",
  'tfjs-wasm': 'TensorFlow.js on WebAssembly',
  'tfjs-cpu': 'TensorFlow.js in plain JavaScript: for comparison only',
};

/** The part that an engine needs; undefined for those that come with the toolkit. */
export function partOfEngine(name: EngineName): PartName | undefined {
  if (name === 'webgpu') return 'webgpu';
  return partOfBackend[name as TfjsBackend];
}

/** The command that installs what an engine lacks. */
export function engineInstall(name: EngineName): string | undefined {
  const part = partOfEngine(name);
  return part && `sdc add ${part}`;
}

/** The engine of that name; throws InputError with the names there are. */
export function engineOf(name: string): EngineName {
  if (engineNames.includes(name as EngineName)) return name as EngineName;
  throw new InputError('engine', name, `auto, tfjs or one of ${engineNames.join(', ')}`);
}

/** Opens a training on an engine; the thread count matters to `cpu` and `wasm` only. */
export async function openTraining(
  name: EngineName,
  problem: TrainingProblem,
  threads?: number,
): Promise<Training> {
  if (name === 'cpu') return openCpuTraining(problem, { products: 'onnx', threads });
  if (name === 'wasm') return openCpuTraining(problem, { products: 'wasm', threads });
  if (name === 'webgpu') {
    const { openWebgpuTraining } = await import('./webgpu/openWebgpuTraining.js');
    return openWebgpuTraining(problem);
  }
  const { openTfjsTraining } = await import('./tfjs.js');
  return openTfjsTraining(problem, name);
}

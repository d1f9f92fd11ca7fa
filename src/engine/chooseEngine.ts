import { InputError } from '../util/errors.js';
import { isSmall, openCpuTraining } from './cpu.js';
import { loadOnnx } from './onnx.js';
import type { ProductKind } from './products.js';
import type { Training, TrainingProblem } from './training.js';

/** Engines by name, fastest first where several run. */
export const engineNames = ['cpu', 'wasm'] as const;

/** An engine and why it was taken. */
export interface EngineChoice {
  name: string;
  reason: string;
}

/** Decides where a problem of this size runs. */
export async function chooseEngine(
  wanted: string | undefined,
  problem: Pick<TrainingProblem, 'nVoxels' | 'nDims' | 'batchSize'>,
): Promise<EngineChoice> {
  const name = wanted ?? process.env['SDC_ENGINE'] ?? 'auto';
  if (name === 'auto') {
    if (isSmall(problem)) return { name: 'cpu', reason: 'so small that it runs at once on one thread' };
    const works = await loadOnnx().then(
      () => true,
      () => false,
    );
    if (works) return { name: 'cpu', reason: 'onnxruntime-node runs here' };
    return { name: 'wasm', reason: 'onnxruntime-node does not load here' };
  }
  if (!engineNames.includes(name as 'cpu')) {
    throw new InputError('engine', name, `auto or one of ${engineNames.join(', ')}`);
  }
  return { name, reason: 'as asked' };
}

/** Opens a training on an engine that {@link chooseEngine} named. */
export function openTraining(name: string, problem: TrainingProblem, threads?: number): Promise<Training> {
  return openCpuTraining(problem, { products: name === 'wasm' ? 'wasm' : 'onnx', threads });
}

/** What multiplies matrices around training: predictions, covariances. */
export async function productKind(wanted: string | undefined): Promise<ProductKind> {
  if (wanted === 'wasm') return 'wasm';
  return loadOnnx().then(
    () => 'onnx',
    () => 'wasm',
  );
}

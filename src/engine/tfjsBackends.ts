import { dirname, join } from 'node:path';
import type * as Tf from '@tensorflow/tfjs';
import { MissingError } from '../util/errors.js';
import { importFromPart, type PartName, resolveFromPart } from './parts.js';
import { openGpu } from './webgpu/openGpu.js';

/** Back ends of TensorFlow.js by the engine's name, fastest first. */
export const tfjsBackends = ['tfjs-node-gpu', 'tfjs-webgpu', 'tfjs-node', 'tfjs-wasm', 'tfjs-cpu'] as const;
export type TfjsBackend = (typeof tfjsBackends)[number];

/** The part that brings a back end; `tfjs-cpu` comes with the toolkit itself. */
export const partOfBackend: Readonly<Record<TfjsBackend, PartName | undefined>> = {
  'tfjs-node-gpu': 'tfjs-node-gpu',
  'tfjs-webgpu': 'webgpu',
  'tfjs-node': 'tfjs-node',
  'tfjs-wasm': 'tfjs-wasm',
  'tfjs-cpu': undefined,
};

/** Loads TensorFlow.js on a back end and makes sure that it is this one that runs. */
export async function loadTfjs(backend: TfjsBackend): Promise<typeof Tf> {
  const tf = await loaders[backend]();
  const wanted = backend.replace('tfjs-', '');
  const name = wanted.startsWith('node') ? 'tensorflow' : wanted;
  // a back end that fails to start is replaced by the slow one without an error
  if (!(await tf.setBackend(name)) || tf.getBackend() !== name) {
    throw new MissingError(
      backend,
      `does not start here: TensorFlow.js runs on "${tf.getBackend()}" instead`,
    );
  }
  await tf.ready();
  return tf;
}

const loaders: Record<TfjsBackend, () => Promise<typeof Tf>> = {
  'tfjs-cpu': () => importFromPart<typeof Tf>('tfjs-wasm', '@tensorflow/tfjs'),
  async 'tfjs-wasm'() {
    const tf = await importFromPart<typeof Tf>('tfjs-wasm', '@tensorflow/tfjs');
    const entry = '@tensorflow/tfjs-backend-wasm';
    const wasm = await importFromPart<{ setWasmPaths(folder: string): void }>('tfjs-wasm', entry);
    wasm.setWasmPaths(join(dirname(resolveFromPart('tfjs-wasm', entry)!), '/'));
    return tf;
  },
  async 'tfjs-webgpu'() {
    await openGpu();
    const tf = await importFromPart<typeof Tf>('webgpu', '@tensorflow/tfjs');
    await importFromPart('webgpu', '@tensorflow/tfjs-backend-webgpu');
    return tf;
  },
  'tfjs-node': () => importFromPart<typeof Tf>('tfjs-node', '@tensorflow/tfjs-node'),
  async 'tfjs-node-gpu'() {
    // its helpers still call a function that Node 23 dropped
    const util = await import('node:util');
    const old = util.default as { isNullOrUndefined?: (value: unknown) => boolean };
    old.isNullOrUndefined ??= (value) => value === null || value === undefined;
    const tf = await importFromPart<typeof Tf & { node?: unknown }>(
      'tfjs-node-gpu',
      '@tensorflow/tfjs-node-gpu',
    );
    const { isUsingGpuDevice } = tf.backend() as { isUsingGpuDevice?: boolean };
    if (!isUsingGpuDevice) {
      throw new MissingError(
        'tfjs-node-gpu',
        'finds no GPU',
        'it needs CUDA 11.2 and cuDNN 8.1 on the library path',
      );
    }
    return tf;
  },
};

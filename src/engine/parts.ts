import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { InputError, MissingError } from '../util/errors.js';

/** A part of the toolkit that only some users need, and what it consists of. */
export interface Part {
  /** What it is for. */
  purpose: string;
  /** Exact versions, fetched from the npm registry. */
  packages: Readonly<Record<string, string>>;
  /** Module that shows by loading that the part is whole. */
  entry: string;
  /** Whether install scripts must run (they fetch native libraries). */
  scripts?: boolean;
}

const tfjs = '4.22.0';

/** Everything `sdc add` can fetch. */
export const parts = {
  webgpu: {
    purpose: 'train on any modern GPU through WebGPU (Vulkan, Metal or Direct3D)',
    packages: { webgpu: '0.6.2', '@tensorflow/tfjs-backend-webgpu': tfjs, '@tensorflow/tfjs': tfjs },
    entry: 'webgpu',
  },
  'tfjs-node-gpu': {
    purpose: 'train on an NVIDIA GPU through TensorFlow (CUDA 11.2, cuDNN 8.1)',
    packages: { '@tensorflow/tfjs-node-gpu': tfjs },
    entry: '@tensorflow/tfjs-node-gpu',
    scripts: true,
  },
  'tfjs-node': {
    purpose: "train on the CPU through TensorFlow's own library",
    packages: { '@tensorflow/tfjs-node': tfjs },
    entry: '@tensorflow/tfjs-node',
    scripts: true,
  },
  'tfjs-wasm': {
    purpose: 'train through TensorFlow.js on WebAssembly (to compare; the engine "wasm" is faster)',
    packages: { '@tensorflow/tfjs-backend-wasm': tfjs, '@tensorflow/tfjs': tfjs },
    entry: '@tensorflow/tfjs-backend-wasm',
  },
  transformers: {
    purpose: 'compute CLIP embeddings of images and words here',
    packages: { '@huggingface/transformers': '4.3.1' },
    entry: '@huggingface/transformers',
  },
} as const satisfies Record<string, Part>;

export type PartName = keyof typeof parts;

/** The toolkit's own folder. */
export const packageRoot = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * The folder of an added part: under `SDC_PARTS`, else `.parts` in the toolkit's folder. Each part is installed apart,
 * so that neither its failure nor `npm ci` touches anything else.
 */
export function partFolder(name: PartName): string {
  return join(process.env['SDC_PARTS'] || join(packageRoot, '.parts'), name);
}

/** The part of that name; throws InputError with the names there are. */
export function partOf(name: string): Part {
  if (Object.hasOwn(parts, name)) return parts[name as PartName];
  throw new InputError('part', name, `one of ${Object.keys(parts).join(', ')}`);
}

/** Path of a module of an added part, or of the toolkit's own dependencies; undefined if it is in neither. */
export function resolveFromPart(name: PartName, module: string): string | undefined {
  for (const folder of [partFolder(name), packageRoot]) {
    if (!existsSync(folder)) continue;
    try {
      const found = createRequire(join(folder, 'package.json')).resolve(module);
      // the shim that stands in for tfjs-node in the toolkit's own dependencies is not the part
      if (!found.includes(`${join('src', 'shims')}`)) return found;
    } catch {}
  }
  return undefined;
}

/** Loads a module of an added part; throws MissingError with the command that adds it. */
export async function importFromPart<T>(name: PartName, module: string): Promise<T> {
  const path = resolveFromPart(name, module);
  if (!path) throw new MissingError(module, 'is not installed', `run "sdc add ${name}"`);
  try {
    const loaded = (await import(pathToFileURL(path).href)) as T & { default?: T };
    return loaded.default ?? loaded;
  } catch (cause) {
    const reason = (cause as Error).message.split('\n')[0];
    throw new MissingError(module, `does not load here: ${reason}`, `run "sdc add ${name}" again`, cause);
  }
}

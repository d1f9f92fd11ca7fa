import { MissingError } from '../util/errors.js';
import { isSmall } from './cpu.js';
import {
  type EngineName,
  engineInstall,
  engineNames,
  engineOf,
  engineText,
  partOfEngine,
} from './engines.js';
import { loadOnnx } from './onnx.js';
import { resolveFromPart } from './parts.js';
import type { ProductKind } from './products.js';
import { tfjsBackends } from './tfjsBackends.js';
import type { TrainingProblem } from './training.js';
import { type EngineTrial, tryEngine } from './tryEngine.js';

/** An engine and why it was taken. */
export interface EngineChoice {
  name: EngineName;
  reason: string;
}

/** An engine as it stands on this machine. */
export interface EngineReport extends EngineTrial {
  name: EngineName;
  /** What it is, in a few words. */
  what: string;
  /** The command that brings what is missing. */
  install?: string;
}

/**
 * Decides where a problem of this size runs: the engine asked for (the option, else `SDC_ENGINE`), or with `auto` the
 * first that works of a GPU's engines (where their part is installed and the GPU is real), `cpu` and `wasm`. Each is
 * tried in a process of its own; problems so small that starting threads would cost more run at once, untried.
 *
 * @throws InputError for an unknown name; MissingError, with the command that installs it, for one that cannot run
 */
export async function chooseEngine(
  wanted: string | undefined,
  problem: Pick<TrainingProblem, 'nVoxels' | 'nDims' | 'batchSize'>,
): Promise<EngineChoice> {
  const name = wanted ?? (process.env['SDC_ENGINE'] || 'auto');
  if (name === 'auto') return automatic(problem);
  if (name === 'tfjs') return firstTfjs();
  const engine = engineOf(name);
  if (engine === 'wasm' || (engine === 'cpu' && isSmall(problem)))
    return { name: engine, reason: 'as asked' };
  const trial = await tryEngine(engine);
  if (trial.works) return { name: engine, reason: `as asked${trial.device ? ` (${trial.device})` : ''}` };
  throw missing(engine, trial);
}

async function automatic(
  problem: Pick<TrainingProblem, 'nVoxels' | 'nDims' | 'batchSize'>,
): Promise<EngineChoice> {
  if (isSmall(problem)) return { name: 'cpu', reason: 'so small that it runs at once on one thread' };
  const passedOver: string[] = [];
  for (const name of ['webgpu', 'tfjs-node-gpu', 'tfjs-webgpu', 'cpu'] as const) {
    if (name !== 'cpu' && !isInstalled(name)) continue;
    const trial = await tryEngine(name);
    if (trial.works && !trial.emulated) {
      const reason = [trial.device ?? 'tried and agrees', ...passedOver].join('; ');
      return { name, reason };
    }
    passedOver.push(`${name} not: ${trial.works ? `${trial.device} is no GPU` : trial.problem}`);
  }
  return { name: 'wasm', reason: ['needs nothing', ...passedOver].join('; ') };
}

async function firstTfjs(): Promise<EngineChoice> {
  for (const name of tfjsBackends) {
    if (name === 'tfjs-cpu' || !isInstalled(name)) continue;
    const { works, device } = await tryEngine(name);
    if (works)
      return { name, reason: `the first back end of tfjs that works${device ? ` (${device})` : ''}` };
  }
  throw new MissingError(
    'engine tfjs',
    'has no back end that works here',
    'run "sdc add webgpu" or "sdc add tfjs-node-gpu" and see "sdc doctor"',
  );
}

function isInstalled(name: EngineName): boolean {
  const part = partOfEngine(name);
  if (!part) return true;
  const modules = { webgpu: 'webgpu', 'tfjs-wasm': '@tensorflow/tfjs-backend-wasm' } as Record<
    string,
    string
  >;
  return resolveFromPart(part, modules[part] ?? `@tensorflow/${part}`) !== undefined;
}

function missing(engine: EngineName, trial: EngineTrial): MissingError {
  const install = engineInstall(engine);
  return new MissingError(
    `engine ${engine}`,
    `does not run here: ${trial.problem}`,
    trial.problem?.includes('run "') || !install ? undefined : `run "${install}"`,
  );
}

/** Tries every engine, each in a process of its own, and says how it did: for `sdc doctor`. */
export async function describeEngines(): Promise<EngineReport[]> {
  const reports: EngineReport[] = [];
  for (const name of engineNames) {
    const trial = await tryEngine(name);
    const install = trial.works ? undefined : engineInstall(name);
    reports.push({ name, what: engineText[name], ...trial, install });
  }
  return reports;
}

/** What multiplies matrices around training: predictions, covariances. */
export async function productKind(wanted: string | undefined): Promise<ProductKind> {
  if ((wanted ?? process.env['SDC_ENGINE']) === 'wasm') return 'wasm';
  return loadOnnx().then(
    () => 'onnx',
    () => 'wasm',
  );
}

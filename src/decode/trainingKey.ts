import { createHash } from 'node:crypto';
import { unitTargets } from './batches.js';
import type { FilledOptions } from './options.js';
import type { TrainingData } from './types.js';

/** A hash of everything that decides a training's course, but for its number of steps and the engine's rounding. */
export function trainingKey(
  data: TrainingData,
  rows: Int32Array,
  digest: string,
  options: FilledOptions,
): string {
  const { batchSize, learningRate, temperature, noiseSd, initScale, seed } = options;
  const { validateEvery, patience, validationRows } = options;
  const rule = { batchSize, learningRate, temperature, noiseSd, initScale, seed };
  const watch = validationRows?.length ? { validateEvery, patience, rows: Array.from(validationRows) } : {};
  const hash = createHash('sha256').update(JSON.stringify({ digest, rule, watch, shape: data.betas.shape }));
  const targets = unitTargets(data, rows).data;
  return hash.update(new Uint8Array(targets.buffer)).digest('hex');
}

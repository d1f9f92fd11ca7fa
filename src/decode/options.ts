import { InputError } from '../util/errors.js';
import type { DecoderOptions } from './types.js';

type Numbers = 'steps' | 'batchSize' | 'learningRate' | 'temperature' | 'noiseSd' | 'initScale' | 'seed';

/** {@link DecoderOptions} with its defaults filled in. */
export type FilledOptions = DecoderOptions &
  Required<Pick<DecoderOptions, Numbers | 'validateEvery' | 'checkpointEvery'>>;

/** The paper's training. */
export const decoderDefaults = {
  steps: 5001,
  batchSize: 128,
  learningRate: 1e-4,
  temperature: 0.03,
  noiseSd: 1,
  initScale: 1,
  seed: 0,
} as const;

/** Fills in the defaults and checks every option; `nTrain` is the number of training rows. */
export function checkedOptions(options: DecoderOptions, nTrain: number): FilledOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const filled: FilledOptions = { ...decoderDefaults, validateEvery: 250, checkpointEvery: 500, ...given };
  for (const name of [
    'steps',
    'batchSize',
    'validateEvery',
    'checkpointEvery',
    'patience',
    'threads',
  ] as const) {
    const value = filled[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1)) {
      throw new InputError(name, value, 'a whole number from 1');
    }
  }
  for (const name of ['learningRate', 'temperature'] as const) requireRange(name, filled[name], false);
  for (const name of ['noiseSd', 'initScale'] as const) requireRange(name, filled[name], true);
  if (filled.batchSize < 2) {
    throw new InputError(
      'batchSize',
      filled.batchSize,
      'at least 2',
      'the loss tells the trials of a batch apart',
    );
  }
  if (filled.batchSize > nTrain) {
    throw new InputError(
      'batchSize',
      filled.batchSize,
      `at most ${nTrain}, the number of training trials`,
      'give a smaller batch (--batch)',
    );
  }
  if (filled.patience !== undefined && !filled.validationRows?.length) {
    throw new InputError('patience', filled.patience, 'absent without validation trials');
  }
  return filled;
}

function requireRange(name: string, value: number, zero: boolean): void {
  if (Number.isFinite(value) && (zero ? value >= 0 : value > 0)) return;
  throw new InputError(name, value, zero ? 'a finite number from 0' : 'a finite number above 0');
}

import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, isSharedConceptsError } from '../util/errors.js';
import { sortedRows } from './batches.js';
import { checkReferences, inspectBetas } from './checkData.js';
import { readDecoder, writeDecoder } from './decoderFile.js';
import { fitChecked } from './fitDecoder.js';
import { type MeanOfRuns, meanOfRuns } from './meanOfRuns.js';
import { checkedOptions, type FilledOptions } from './options.js';
import { trainingKey } from './trainingKey.js';
import type { Decoder, DecoderFit, DecoderOptions, TrainingData } from './types.js';

/** Options of {@link fitReruns}. */
export interface RerunOptions extends Omit<DecoderOptions, 'checkpoint'> {
  /** Number of runs. Defaults to 50, the paper's. */
  runs?: number;
  /** Runs to do now, by number from 0, for schedulers that spread them; the mean is over these. All by default. */
  only?: readonly number[];
  /** Seed of run 0; run r has seed + r. Defaults to 1. */
  seed?: number;
  /** Where to keep each run as `run-NNN.safetensors`; runs that are there and whole are not done again. */
  folder?: string;
  /** Called after each run with its fit, or with its file's decoder if it was there. */
  onRun?(run: number, decoder: DecoderFit | Decoder): void | Promise<void>;
}

/** The mean over reruns and what was done for it. */
export interface Reruns extends MeanOfRuns {
  /** Runs fitted now; the others were there. */
  readonly fitted: readonly number[];
  readonly engine?: string;
  readonly engineReason?: string;
  readonly warnings: readonly string[];
}

/** The file of a run: `run-017.safetensors`. */
export function runFile(run: number): string {
  return `run-${String(run).padStart(3, '0')}.safetensors`;
}

/**
 * Fits the same decoder with several seeds and averages the weights, run by run, holding one at a time. The reruns
 * of the paper average out the random start of the weights; `initScale` near 0 leaves most of it out at once.
 *
 * With a `folder` each run is a file of its own, known by a hash of its data, options and seed, so that killing the
 * work and calling again goes on with the run (and the step) it had reached, and gives the same bytes.
 *
 * @throws InputError, MissingError, AbortedError as fitDecoder
 * @example
 * const { weight, spread } = await fitReruns(data, { runs: 50, folder: 'sub-01/decoder' });
 */
export async function fitReruns(data: TrainingData, options: RerunOptions = {}): Promise<Reruns> {
  const { runs = 50, only, folder, onRun, seed = 1, onProgress, ...rest } = options;
  if (!Number.isInteger(runs) || runs < 1) throw new InputError('runs', runs, 'a whole number from 1');
  const numbers = [...(only ?? Array(runs).keys())];
  for (const run of numbers) {
    if (!Number.isInteger(run) || run < 0 || run >= runs) {
      throw new InputError('run', run, `a whole number in [0, ${runs})`);
    }
  }
  const rows = sortedRows(data.rows, data.betas.shape[0], 'rows');
  checkReferences(data, rows);
  checkedOptions({ ...rest, seed }, rows.length);
  const inspected = await inspectBetas(data, rows, options.signal);
  if (folder) await mkdir(folder, { recursive: true });

  const fitted: number[] = [];
  let last: DecoderFit | undefined;
  const one = async (run: number, place: number): Promise<Decoder> => {
    const path = folder && join(folder, runFile(run));
    const filled = checkedOptions({ ...rest, seed: seed + run }, rows.length);
    const key = path && trainingKey(data, rows, inspected.digest, filled);
    const known = path && (await readRun(path, key!, filled.steps));
    if (known) {
      await onRun?.(run, known);
      return known;
    }
    if (path) filled.checkpoint = `${path}.checkpoint`;
    filled.onProgress = (event) => {
      const label = numbers.length > 1 ? `run ${place + 1} of ${numbers.length}` : event.label;
      onProgress?.({ ...event, label });
    };
    last = await fitChecked(data, rows, inspected, filled);
    if (path) await writeDecoder(path, last, describeRun(filled, last, key!));
    fitted.push(run);
    await onRun?.(run, last);
    return last;
  };
  const mean = await meanOfRuns(numbers.map((run, place) => () => one(run, place)));
  const { engine, engineReason } = last ?? {};
  return { ...mean, fitted, engine, engineReason, warnings: last?.warnings ?? [] };
}

/** A finished run of the same data, options and seed; undefined for anything else. */
async function readRun(path: string, key: string, steps: number): Promise<Decoder | undefined> {
  if (!existsSync(path)) return undefined;
  try {
    const found = await readDecoder(path);
    return found.metadata['key'] === key && found.metadata['steps'] === String(steps) ? found : undefined;
  } catch (error) {
    if (isSharedConceptsError(error) && error.tag === 'format') return undefined;
    throw error;
  }
}

/** A run's own record, without time or place: the same inputs give the same bytes. */
function describeRun(options: FilledOptions, fit: DecoderFit, key: string): Record<string, string> {
  const { seed, steps, batchSize, learningRate, temperature, noiseSd, initScale } = options;
  const numbers = { seed, steps, batchSize, learningRate, temperature, noiseSd, initScale };
  return {
    decoder: 'contrastive',
    ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)])),
    stepsDone: String(fit.stepsDone),
    engine: fit.engine,
    finalLoss: String(fit.loss.at(-1)),
    finalSimilarity: String(fit.similarity.at(-1)),
    key,
  };
}

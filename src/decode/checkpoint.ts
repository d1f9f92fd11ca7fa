import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { readSafetensors, writeSafetensors } from '../data/safetensors.js';
import type { TrainingState } from '../engine/training.js';
import { type NdArray, ndarray } from '../util/array.js';
import type { FilledOptions } from './options.js';
import type { ValidationPoint } from './types.js';

/** What a training has to show so far. */
export interface Journal {
  state?: TrainingState;
  /** One entry a step; those to come are 0. */
  loss: Float32Array;
  similarity: Float32Array;
  validation: ValidationPoint[];
  /** The weights of the lowest validation loss, with `patience`. */
  best?: Pick<TrainingState, 'step' | 'weight' | 'bias'>;
}

export interface Checkpoint {
  every: number;
  /** What the file held, if it belongs to this training. */
  journal?: Journal;
  save(journal: Journal): Promise<void>;
  remove(): Promise<void>;
}

export function newJournal(steps: number): Journal {
  return { loss: new Float32Array(steps), similarity: new Float32Array(steps), validation: [] };
}

/**
 * Opens the checkpoint an option names. A file of other data, options or another seed is not resumed from but
 * overwritten; so is one that is damaged.
 */
export async function openCheckpoint(options: FilledOptions, key: string): Promise<Checkpoint | undefined> {
  const path = options.checkpoint;
  if (!path) return undefined;
  return {
    every: options.checkpointEvery,
    journal: existsSync(path) ? await readJournal(path, key, options.steps) : undefined,
    save: (journal) => writeJournal(path, key, journal),
    remove: () => rm(path, { force: true }),
  };
}

const stateNames = ['weight', 'bias', 'weightFirst', 'weightSecond', 'biasFirst', 'biasSecond'] as const;

async function writeJournal(path: string, key: string, journal: Journal): Promise<void> {
  const state = journal.state!;
  const arrays: [string, Float32Array][] = stateNames.map((name) => [name, state[name]]);
  arrays.push(['loss', journal.loss.subarray(0, state.step)]);
  arrays.push(['similarity', journal.similarity.subarray(0, state.step)]);
  if (journal.best) arrays.push(['best.weight', journal.best.weight], ['best.bias', journal.best.bias]);
  const tensors = new Map<string, NdArray>(
    arrays.map(([name, data]) => [name, ndarray(data, [data.length])]),
  );
  await writeSafetensors(path, tensors, {
    key,
    step: String(state.step),
    validation: JSON.stringify(journal.validation),
    best: String(journal.best?.step ?? ''),
  });
}

async function readJournal(path: string, key: string, steps: number): Promise<Journal | undefined> {
  const file = await readSafetensors(path).catch(() => undefined);
  const step = Number(file?.metadata['step']);
  if (!file || file.metadata['key'] !== key || step > steps) return undefined;
  const array = (name: string) => file.tensors.get(name)!.data as Float32Array;
  const journal = newJournal(steps);
  journal.loss.set(array('loss'));
  journal.similarity.set(array('similarity'));
  journal.validation = JSON.parse(file.metadata['validation']!) as ValidationPoint[];
  const arrays = Object.fromEntries(stateNames.map((name) => [name, array(name)]));
  journal.state = { step, ...(arrays as Omit<TrainingState, 'step'>) };
  if (file.metadata['best']) {
    const best = { weight: array('best.weight'), bias: array('best.bias') };
    journal.best = { step: Number(file.metadata['best']), ...best };
  }
  return journal;
}

import { countRepetitions } from '../prepare/countRepetitions.js';
import { splitTrials } from '../prepare/splitTrials.js';
import type { Split, Trials } from '../prepare/types.js';
import type { RandomStream } from '../util/random.js';
import type { SizeRecipe } from './sizes.js';

/**
 * Draws the pictures that all participants see, as NSD's shared 1,000.
 */
export function drawShared(nStimuli: number, recipe: SizeRecipe, stream: RandomStream): Int32Array {
  return stream.permutation(nStimuli).slice(0, Math.min(nStimuli, recipe.sharedImages)).sort();
}

/**
 * Trials of one participant as in NSD: each picture three times over all sessions, in random order, never twice
 * in a row; who came to fewer sessions has seen some pictures fewer than three times.
 */
export function drawTrials(
  nStimuli: number,
  shared: Int32Array,
  recipe: SizeRecipe,
  nSessions: number,
  stream: RandomStream,
): Trials {
  const isShared = new Set(shared);
  const others = stream
    .child('pictures')
    .permutation(nStimuli)
    .filter((row) => !isShared.has(row));
  const pictures = [...shared, ...others.subarray(0, Math.max(0, recipe.images - shared.length))];
  const order = Int32Array.from([...pictures, ...pictures, ...pictures]);
  const mixer = stream.child('order');
  mixer.shuffle(order);
  for (let t = 1; t < order.length; t++) {
    for (let guard = 0; order[t] === order[t - 1] && guard < 100; guard++) {
      const other = mixer.integer(order.length);
      [order[t], order[other]] = [order[other]!, order[t]!];
    }
  }
  const nTrials = Math.min(order.length, nSessions * recipe.trialsPerSession);
  const stimulus = order.slice(0, nTrials);
  const perRun = recipe.trialsPerSession / recipe.runsPerSession;
  const session = Int32Array.from(stimulus, (_, t) => 1 + Math.floor(t / recipe.trialsPerSession));
  const run = Int32Array.from(stimulus, (_, t) => 1 + Math.floor((t % recipe.trialsPerSession) / perRun));
  return {
    nTrials,
    stimulus,
    session,
    run,
    repetition: countRepetitions(stimulus),
    split: new Array<Split>(nTrials).fill('train'),
    extra: {},
  };
}

/**
 * Divides the trials of all participants as `prepareNsd` would: tested first on shared pictures that every
 * participant has seen three times.
 */
export function splitAll(all: readonly Trials[], recipe: SizeRecipe, seed: number): Trials[] {
  const whole = all.map(
    ({ stimulus, repetition }) => new Set(stimulus.filter((_, t) => repetition[t] === 2)),
  );
  const shared = [...whole[0]!].filter((row) => whole.every((seen) => seen.has(row)));
  return all.map((trials, p) => {
    const quarter = Math.floor(whole[p]!.size / 4);
    const { split } = splitTrials(trials.stimulus, {
      testImages: Math.min(recipe.testImages, quarter),
      validationImages: Math.min(recipe.validationImages, quarter),
      ...{ shared, seed, participant: participantName(p) },
    });
    return { ...trials, split };
  });
}

/** `sub-01` for 0. */
export function participantName(index: number): string {
  return `sub-${String(index + 1).padStart(2, '0')}`;
}

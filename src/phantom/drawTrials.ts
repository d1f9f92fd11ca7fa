import type { Split, Trials } from '../prepare/types.js';
import type { RandomStream } from '../util/random.js';
import type { SizeRecipe } from './sizes.js';

/** Which pictures all participants see, and which of them are held out for testing: the same in all participants. */
export interface SharedDesign {
  readonly shared: Int32Array;
  /** Pictures that no participant's training trials hold. */
  readonly test: ReadonlySet<number>;
}

/**
 * Draws the pictures that all participants see, as NSD's shared 1,000. Those for testing are chosen by
 * {@link drawTrials} participant by participant among the shared ones first.
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
  const count = new Map<number, number>();
  const repetition = stimulus.map((row) => {
    const earlier = count.get(row) ?? 0;
    count.set(row, earlier + 1);
    return earlier;
  });
  const session = Int32Array.from(stimulus, (_, t) => 1 + Math.floor(t / recipe.trialsPerSession));
  const run = Int32Array.from(stimulus, (_, t) => 1 + Math.floor((t % recipe.trialsPerSession) / perRun));
  return {
    nTrials,
    stimulus,
    session,
    run,
    repetition,
    split: splitOf(stimulus, count, isShared, recipe, stream.child('split')),
    extra: {},
  };
}

/** Test pictures: shared ones with three repetitions first; validation: any further with three. */
function splitOf(
  stimulus: Int32Array,
  count: ReadonlyMap<number, number>,
  isShared: ReadonlySet<number>,
  recipe: SizeRecipe,
  stream: RandomStream,
): Split[] {
  const whole = Int32Array.from([...count].filter(([, n]) => n === 3).map(([row]) => row)).sort();
  const mixed = stream.shuffle(whole);
  const ordered = [...mixed.filter((row) => isShared.has(row)), ...mixed.filter((row) => !isShared.has(row))];
  const quarter = Math.floor(whole.length / 4);
  const nTest = Math.min(recipe.testImages, quarter);
  const test = new Set(ordered.slice(0, nTest));
  const validation = new Set(ordered.slice(nTest, nTest + Math.min(recipe.validationImages, quarter)));
  return Array.from(stimulus, (row) =>
    test.has(row) ? 'test' : validation.has(row) ? 'validation' : 'train',
  );
}

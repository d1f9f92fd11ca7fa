import { table } from 'arquero';
import { expect, it } from 'vitest';
import {
  bestWords,
  conceptResponses,
  measureConcepts,
  negationTest,
  negationTests,
} from '../../src/concepts/index.js';
import type { Trials } from '../../src/prepare/index.js';
import { matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

const nStimuli = 40;

/** A participant of random betas whose trials show random stimuli, three voxels of each of two concepts. */
function participant(seed: number, nTrials: number) {
  const random = randomStream(seed, 'responses');
  const stimulus = Int32Array.from({ length: nTrials }, () => random.integer(nStimuli));
  const zeros = new Int32Array(nTrials);
  const trials = { nTrials, stimulus, session: zeros, run: zeros, repetition: zeros } as unknown as Trials;
  const betas = matrix(nTrials, 8, random.normals(new Float32Array(nTrials * 8)));
  return { betas, trials, labels: Int32Array.of(0, 1, 0, -1, 1, 0, 1, -1) };
}

it('measures every concept as conceptResponses does one, on the trials asked for', async () => {
  const people = [
    participant(1, 600),
    { ...participant(2, 300), labels: Int32Array.of(0, 0, 0, -1, -1, -1, -1, -1) },
  ];
  const rows = [Int32Array.of(3, 4, 5, 300, 301, 599), Int32Array.from({ length: 280 }, (_, t) => t + 20)];
  const measured = await measureConcepts(
    people.map((own, p) => ({ ...own, rows: rows[p]! })),
    2,
  );
  for (const concept of [0, 1]) {
    const direct = await conceptResponses(
      people.flatMap(({ betas, trials, labels }, p) => {
        const voxels = [...labels.keys()].filter((v) => labels[v] === concept);
        const stimulus = Int32Array.from(rows[p]!, (t) => trials.stimulus[t]!);
        const data = Float32Array.from(
          [...rows[p]!].flatMap((t) => [...betas.data.subarray(8 * t, 8 * t + 8)]),
        );
        const own = { ...trials, nTrials: stimulus.length, stimulus };
        return voxels.length ? [{ betas: matrix(stimulus.length, 8, data), trials: own, voxels }] : [];
      }),
    );
    for (const column of ['stimulus', 'nTrials', 'nParticipants'])
      expect([...measured[concept]!.array(column)]).toEqual([...direct.array(column)]);
    const [a, b] = [measured[concept]!, direct].map((each) => [...(each.array('response') as number[])]);
    a!.forEach((response, i) => {
      expect(response).toBeCloseTo(b![i]!, 6);
    });
  }
  // Only the first participant has concept 1, on six trials.
  expect(measured[1]!.numRows()).toBeLessThanOrEqual(6);
});

it('tests each concept’s two ends as negationTest does, and leaves out one with too few pictures', async () => {
  const random = randomStream(4, 'scores');
  const scores = matrix(2, nStimuli, random.normals(new Float32Array(2 * nStimuli)));
  const stimulus = Array.from({ length: nStimuli }, (_, s) => s);
  const response = stimulus.map((s) => scores.data[s]! + 0.5 * random.normal());
  const few = table({ stimulus: stimulus.slice(0, 10), response: response.slice(0, 10) });
  const rows = negationTests([table({ stimulus, response }), few], scores, { top: 8, nPermutations: 200 });
  const direct = negationTest(scores.data.subarray(0, nStimuli), response, { top: 8, nPermutations: 200 });
  expect(rows.map(({ concept, side }) => [concept, side])).toEqual([
    [0, 'most'],
    [0, 'least'],
  ]);
  expect(rows[0]).toMatchObject({ ...direct.most, baseline: direct.baseline, nPool: nStimuli });
  expect(rows[1]).toMatchObject({ ...direct.least, verdict: 'below' });
  expect(() => negationTests([few], scores)).toThrow('number of tables is 1; must be 2');
});

it('names what does not fit', async () => {
  const own = participant(3, 50);
  await expect(measureConcepts([own], 1)).rejects.toThrow('label of participant 0 is 1; must be in [-1, 1)');
  const short = { ...own, labels: own.labels.subarray(1) };
  await expect(measureConcepts([short], 2)).rejects.toThrow('labels of participant 0 is 7; must be 8');
});

it('bestWords gives the first word of the near end of each concept', () => {
  const words = table({
    ...{ vector: [0, 0, 1, 1], side: ['most', 'least', 'most', 'most'], rank: [1, 1, 2, 1] },
    word: ['face', 'rock', 'plate', 'food'],
  });
  expect(bestWords({ table: words })).toEqual(['face', 'food']);
});

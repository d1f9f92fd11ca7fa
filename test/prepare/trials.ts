import { countRepetitions } from '../../src/prepare/countRepetitions.js';
import type { Split, Trials } from '../../src/prepare/types.js';
import { type Matrix, matrix } from '../../src/util/array.js';
import { randomStream } from '../../src/util/random.js';

/** A trial table from stimuli and splits, `perSession` trials a session, two runs a session. */
export function makeTrials(stimulus: number[], split: Split[] | Split = 'train', perSession = 1e9): Trials {
  const nTrials = stimulus.length;
  const at = (of: (trial: number) => number) => Int32Array.from({ length: nTrials }, (_, t) => of(t));
  return {
    nTrials,
    stimulus: Int32Array.from(stimulus),
    session: at((t) => Math.floor(t / perSession) + 1),
    run: at((t) => (t % perSession < perSession / 2 ? 1 : 2)),
    repetition: countRepetitions(stimulus),
    split: typeof split === 'string' ? stimulus.map(() => split) : split,
    extra: {},
  };
}

export function randomMatrix(nRows: number, nColumns: number, name = 'matrix'): Matrix {
  return matrix(nRows, nColumns, randomStream(1, name).normals(new Float32Array(nRows * nColumns)));
}

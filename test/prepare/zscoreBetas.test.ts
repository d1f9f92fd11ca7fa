import { describe, expect, it } from 'vitest';
import { zscoreBetas } from '../../src/prepare/zscoreBetas.js';
import { matrix } from '../../src/util/array.js';
import { makeTrials, randomMatrix } from './trials.js';

const stimuli = Array.from({ length: 24 }, (_, t) => t % 8);

describe('zscoreBetas', () => {
  it('gives mean 0 and population sd 1 in each session, and leaves its input as it was', () => {
    const betas = randomMatrix(24, 5);
    const before = betas.data.slice();
    const z = zscoreBetas(betas, makeTrials(stimuli, 'train', 12));
    expect(betas.data).toEqual(before);
    for (const start of [0, 12]) {
      for (let v = 0; v < 5; v++) {
        const values = Array.from({ length: 12 }, (_, t) => z.data[(start + t) * 5 + v]!);
        const mean = values.reduce((a, b) => a + b) / 12;
        const sd = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 12);
        expect(mean).toBeCloseTo(0, 6);
        expect(sd).toBeCloseTo(1, 5);
      }
    }
  });

  it('equals a hand-worked case: 1, 2, 3 becomes ∓√1.5 and 0', () => {
    const z = zscoreBetas(matrix(3, 1, Float32Array.of(1, 2, 3)), makeTrials([0, 1, 2]));
    expect([...z.data]).toEqual([-Math.sqrt(1.5), 0, Math.sqrt(1.5)].map((x) => expect.closeTo(x, 6)));
  });

  it('groups by several columns, and by an extra one', () => {
    const trials = {
      ...makeTrials(stimuli, 'train', 12),
      extra: { block: stimuli.map((_, t) => (t < 6 ? 'a' : 'b')) },
    };
    const betas = randomMatrix(24, 3);
    const byRun = zscoreBetas(betas, trials, { by: ['session', 'run'] });
    const firstRun = zscoreBetas(matrix(6, 3, betas.data.slice(0, 18)), makeTrials(stimuli.slice(0, 6)));
    expect(byRun.data.subarray(0, 18)).toEqual(firstRun.data);
    expect(zscoreBetas(betas, trials, { by: 'block' }).data.subarray(0, 18)).toEqual(firstRun.data);
    expect(() => zscoreBetas(betas, trials, { by: 'day' })).toThrow(
      /trial column is "day"; must be one of.*block/,
    );
  });

  it('centres without scaling on request', () => {
    const z = zscoreBetas(matrix(2, 1, Float32Array.of(10, 14)), makeTrials([0, 1]), { mode: 'centre' });
    expect([...z.data]).toEqual([-2, 2]);
  });

  it('gives 0 for a constant voxel, whatever its value', () => {
    const betas = matrix(3, 2, Float32Array.of(0.1, 1, 0.1, 2, 0.1, 3));
    const z = zscoreBetas(betas, makeTrials([0, 1, 2]));
    expect([z.data[0], z.data[2], z.data[4]]).toEqual([0, 0, 0]);
  });

  it('scaled from training trials, no test trial moves a byte of a training row', () => {
    const split = stimuli.map((s) => (s < 2 ? ('test' as const) : ('train' as const)));
    const trials = makeTrials(stimuli, split, 12);
    const betas = randomMatrix(24, 4);
    const other = matrix(24, 4, betas.data.slice());
    split.forEach((side, t) => {
      if (side === 'test') other.data.subarray(t * 4, t * 4 + 4).fill(99 + t);
    });
    const rows = (m: { data: Float32Array }) =>
      split.flatMap((s, t) => (s === 'train' ? [...m.data.subarray(t * 4, t * 4 + 4)] : []));
    expect(rows(zscoreBetas(other, trials, { from: 'train' }))).toEqual(
      rows(zscoreBetas(betas, trials, { from: 'train' })),
    );
    expect(rows(zscoreBetas(other, trials))).not.toEqual(rows(zscoreBetas(betas, trials)));
  });

  it('names the trial and voxel of a value that is not finite', () => {
    const betas = randomMatrix(4, 3);
    betas.data[7] = Number.NaN;
    expect(() => zscoreBetas(betas, makeTrials([0, 1, 2, 3]))).toThrow('trial 2, voxel 1 is NaN');
  });

  it('refuses a group with one trial to scale from, and tables of another length', () => {
    expect(() => zscoreBetas(randomMatrix(3, 2), makeTrials([0, 1, 2], 'train', 2))).toThrow(
      /session 2 is 1; must be at least 2/,
    );
    expect(() => zscoreBetas(randomMatrix(3, 2), makeTrials([0, 1]))).toThrow(/rows of betas is 3/);
  });
});

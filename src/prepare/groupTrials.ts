import { InputError } from '../util/errors.js';
import type { Trials } from './types.js';

/** Trials sorted into groups by the values of one or more columns. */
export interface TrialGroups {
  /** Group of each trial, 0 … names.length − 1, numbered in order of first appearance. */
  readonly groupOf: Int32Array;
  /** The column values that name each group, joined with "/". */
  readonly names: readonly string[];
  /** Rows of each group, ascending. */
  readonly rows: readonly Int32Array[];
}

/** One column of the trial table by its name in `trials.tsv`, the extra ones included. */
export function trialColumn(trials: Trials, name: string): ArrayLike<string | number> {
  switch (name) {
    case 'stimulus':
    case 'session':
    case 'run':
    case 'repetition':
    case 'split':
      return trials[name];
  }
  const column = trials.extra[name];
  if (column) return column;
  const known = ['stimulus', 'session', 'run', 'repetition', 'split', ...Object.keys(trials.extra)];
  throw new InputError('trial column', name, `one of ${known.join(', ')}`);
}

/**
 * Sorts trials into groups: trials belong together when they agree in every column of `by`. An empty list puts
 * all trials in one group.
 *
 * @example groupTrials(trials, ['session', 'run']).names // ['1/1', '1/2', …]
 * @throws InputError for a column the table does not have
 */
export function groupTrials(trials: Trials, by: string | readonly string[]): TrialGroups {
  const columns = (typeof by === 'string' ? [by] : by).map((name) => trialColumn(trials, name));
  const numbers = new Map<string, number>();
  const groupOf = new Int32Array(trials.nTrials);
  const members: number[][] = [];
  for (let row = 0; row < trials.nTrials; row++) {
    const name = columns.map((column) => column[row]).join('/');
    let group = numbers.get(name);
    if (group === undefined) {
      group = numbers.size;
      numbers.set(name, group);
      members.push([]);
    }
    groupOf[row] = group;
    members[group]!.push(row);
  }
  return { groupOf, names: [...numbers.keys()], rows: members.map((rows) => Int32Array.from(rows)) };
}

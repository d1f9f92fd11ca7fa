import { stageNames } from '../study/index.js';
import { type PlannedUnit, planStudy, type StudyPlan } from '../workflow/planStudy.js';
import type { Command } from './command.js';

export const plan: Command = {
  name: 'plan',
  summary: 'What is done of a study, what is left, and what it will cost (estimates, on the generous side).',
  usage: 'STUDY [--all]',
  options: { all: { type: 'boolean' } },
  describe: { all: 'list every unit, its state, and why it has to run' },
  positionals: [1, 1],
  async run({ positionals, options, print, threads }) {
    const found = await planStudy(positionals[0]!, { expected: true });
    if (options['all']) {
      for (const { unit, state } of found.units) {
        print(`${state.done ? '✓' : '·'} ${unit.id.padEnd(40)} ${state.done ? '' : state.reason}`);
      }
      print('');
    }
    for (const line of table(found, threads)) print(line);
    const { done, pending, cpuSeconds, memoryBytes, sizes, expected } = found;
    return {
      ...{ done, pending, cpuSeconds, memoryBytes, sizes, expected },
      units: found.units.map(({ unit, state }) => ({
        id: unit.id,
        stage: unit.stage,
        ...reasonOf(state),
        cost: unit.cost,
      })),
    };
  },
};

/** Stage by stage and in all: units, what is done, and what is left in core time, on so many cores, and in memory. */
function table({ units, sizes, expected }: StudyPlan, threads: number): string[] {
  const rows = [['stage', 'units', 'done', 'core time', `on ${threads} cores`, 'memory']];
  const row = (name: string, some: readonly PlannedUnit[]) => {
    const left = some.filter(({ state }) => !state.done).map(({ unit }) => unit);
    const seconds = left.reduce((sum, { cost }) => sum + (cost?.cpuSeconds ?? 0), 0);
    const memory = left.reduce((most, { cost }) => Math.max(most, cost?.memoryBytes ?? 0), 0);
    const need = left.length
      ? [duration(seconds), duration(seconds / threads), `${(memory / 2 ** 30).toFixed(1)} GiB`]
      : ['–', '–', '–'];
    rows.push([name, count(some.length), count(some.length - left.length), ...need]);
  };
  for (const stage of stageNames) {
    const some = units.filter(({ unit }) => unit.stage === stage);
    if (some.length) row(stage, some);
  }
  row('all', units);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const lines = rows.map((cells) =>
    cells.map((cell, i) => (i ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join('   '),
  );
  const rule = '─'.repeat(lines[0]!.length);
  const { nTrials, nVoxels, nDims } = sizes;
  return [
    `up to ${count(nTrials)} trials × ${count(nVoxels)} voxels a participant, ${count(nDims)} dimensions`,
    ...(expected ? [`as expected, for the files are not here yet: ${expected}`] : []),
    ...['', lines[0]!, rule, ...lines.slice(1, -1), rule, lines.at(-1)!],
  ];
}

const count = (n: number) => n.toLocaleString('en');

function reasonOf(state: { done: boolean; reason?: string }): { done: boolean; reason?: string } {
  return state.done ? { done: true } : { done: false, reason: state.reason };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1)} h`;
  return `${(seconds / 86_400).toFixed(1)} days`;
}

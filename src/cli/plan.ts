import { stageNames } from '../study/index.js';
import { planStudy } from '../workflow/planStudy.js';
import type { Command } from './command.js';

export const plan: Command = {
  name: 'plan',
  summary: 'What is done of a study, what is left, and what it will cost.',
  usage: 'STUDY [--all]',
  options: { all: { type: 'boolean' } },
  describe: { all: 'list every unit, its state, and why it has to run' },
  positionals: [1, 1],
  async run({ positionals, options, print }) {
    const found = await planStudy(positionals[0]!);
    if (options['all']) {
      for (const { unit, state } of found.units) {
        print(`${state.done ? '✓' : '·'} ${unit.id.padEnd(40)} ${state.done ? '' : state.reason}`);
      }
    }
    print(
      `${'stage'.padEnd(10)} ${'done'.padStart(6)} ${'left'.padStart(6)} ${'core time'.padStart(11)} ${'memory'.padStart(9)}`,
    );
    for (const stage of stageNames) {
      const units = found.units.filter(({ unit }) => unit.stage === stage);
      if (units.length === 0) continue;
      const left = units.filter(({ state }) => !state.done).map(({ unit }) => unit);
      const seconds = left.reduce((sum, { cost }) => sum + (cost?.cpuSeconds ?? 0), 0);
      const memory = Math.max(0, ...left.map(({ cost }) => cost?.memoryBytes ?? 0));
      const row = [String(units.length - left.length).padStart(6), String(left.length).padStart(6)];
      print(
        [
          stage.padEnd(10),
          ...row,
          duration(seconds).padStart(11),
          `${(memory / 2 ** 30).toFixed(1)} GiB`.padStart(9),
        ].join(' '),
      );
    }
    const { done, pending, cpuSeconds, memoryBytes } = found;
    return {
      ...{ done, pending, cpuSeconds, memoryBytes },
      units: found.units.map(({ unit, state }) => ({
        id: unit.id,
        stage: unit.stage,
        ...reasonOf(state),
        cost: unit.cost,
      })),
    };
  },
};

function reasonOf(state: { done: boolean; reason?: string }): { done: boolean; reason?: string } {
  return state.done ? { done: true } : { done: false, reason: state.reason };
}

function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

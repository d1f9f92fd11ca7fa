import type { Unit } from '../../study/index.js';

/** Units of one stage grouped into tasks, and what one task needs. */
export interface PackedStage {
  stage: string;
  tasks: string[][];
  memoryMegabytes: number;
  minutes: number;
}

export interface PackOptions {
  /** Units a task; default: as many as make about `taskMinutes` of work. */
  pack?: number;
  cpus: number;
  /** Most tasks in one array. */
  maxTasks: number;
  /** What every task gets at least, for a second attempt. */
  atLeast?: { memoryMegabytes: number; minutes: number };
}

const taskMinutes = 10;
const safety = 3;

/**
 * Groups units into array tasks: long enough not to burden the scheduler (some ten minutes of work each), and several
 * arrays where one would exceed the cluster's limit. Memory is the largest of a task's units plus a quarter;
 * the time limit is three times the estimate plus five minutes.
 */
export function packUnits(
  units: readonly Unit[],
  { pack, cpus, maxTasks, atLeast }: PackOptions,
): PackedStage[] {
  const stages = new Map<string, Unit[]>();
  for (const unit of units) stages.set(unit.stage, [...(stages.get(unit.stage) ?? []), unit]);
  const packed: PackedStage[] = [];
  for (const [stage, members] of stages) {
    const minutesOf = ({ cost }: Unit) =>
      (cost?.cpuSeconds ?? 60) / Math.max(1, Math.min(cpus, cost?.maxThreads ?? cpus)) / 60;
    const longest = Math.max(...members.map(minutesOf));
    const perTask = pack ?? Math.max(1, Math.floor(taskMinutes / Math.max(longest, 1e-3)));
    const tasks: Unit[][] = [];
    for (let first = 0; first < members.length; first += perTask)
      tasks.push(members.slice(first, first + perTask));
    for (let first = 0; first < tasks.length; first += maxTasks) {
      const part = tasks.slice(first, first + maxTasks);
      const minutes = Math.max(...part.map((task) => task.reduce((sum, unit) => sum + minutesOf(unit), 0)));
      const bytes = Math.max(...part.flat().map(({ cost }) => cost?.memoryBytes ?? 2 ** 30));
      packed.push({
        stage,
        tasks: part.map((task) => task.map(({ id }) => id)),
        memoryMegabytes: Math.max(atLeast?.memoryMegabytes ?? 0, Math.ceil((bytes * 1.25) / 2 ** 20 + 256)),
        minutes: Math.max(atLeast?.minutes ?? 0, Math.ceil(minutes * safety + 5)),
      });
    }
  }
  return packed;
}

import type { Unit } from '../../study/index.js';

/** Units of one stage grouped into tasks, and what one task needs. */
export interface PackedStage {
  stage: string;
  tasks: string[][];
  memoryMegabytes: number;
  minutes: number;
  /** Whether its tasks take long, so that what needs them should wait for nothing else. */
  long: boolean;
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

/** Work that makes a task worth its start, and an array worth being waited for by itself. */
export const taskMinutes = 10;
const safety = 3;

/**
 * Groups units into array tasks: long enough not to burden the scheduler (some ten minutes of work each), and several
 * arrays where one would exceed the cluster's limit. Units that take longer than that share an array only with others
 * of the same cost, so that nothing short waits for them. Memory is the largest of a task's units plus a quarter;
 * the time limit is three times the estimate plus five minutes.
 */
export function packUnits(
  units: readonly Unit[],
  { pack, cpus, maxTasks, atLeast }: PackOptions,
): PackedStage[] {
  const minutesOf = ({ cost }: Unit) =>
    (cost?.cpuSeconds ?? 60) / Math.max(1, Math.min(cpus, cost?.maxThreads ?? cpus)) / 60;
  const groups = new Map<string, Unit[]>();
  for (const unit of units) {
    const alike = minutesOf(unit) > taskMinutes ? ` ${JSON.stringify(unit.cost)}` : '';
    const group = groups.get(unit.stage + alike);
    if (group) group.push(unit);
    else groups.set(unit.stage + alike, [unit]);
  }
  const packed: PackedStage[] = [];
  for (const members of groups.values()) {
    const { stage } = members[0]!;
    const longest = members.reduce((most, unit) => Math.max(most, minutesOf(unit)), 0);
    const perTask = pack ?? Math.max(1, Math.floor(taskMinutes / Math.max(longest, 1e-3)));
    const tasks: Unit[][] = [];
    for (let first = 0; first < members.length; first += perTask)
      tasks.push(members.slice(first, first + perTask));
    for (let first = 0; first < tasks.length; first += maxTasks) {
      const part = tasks.slice(first, first + maxTasks);
      const minutes = Math.max(...part.map((task) => task.reduce((sum, unit) => sum + minutesOf(unit), 0)));
      const bytes = part.flat().reduce((most, { cost }) => Math.max(most, cost?.memoryBytes ?? 2 ** 30), 0);
      packed.push({
        stage,
        tasks: part.map((task) => task.map(({ id }) => id)),
        memoryMegabytes: Math.max(atLeast?.memoryMegabytes ?? 0, Math.ceil((bytes * 1.25) / 2 ** 20 + 256)),
        minutes: Math.max(atLeast?.minutes ?? 0, Math.ceil(minutes * safety + 5)),
        long: longest > taskMinutes,
      });
    }
  }
  return packed;
}

import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { availableParallelism, hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { FileError, FormatError, throwIfAborted } from '../util/errors.js';
import type { WorkOptions } from '../util/progress.js';
import { dependencies } from './dependencies.js';
import { isAlive, withLock } from './lock.js';
import { type FileStamp, readRecord, stampFile, type UnitRecord } from './record.js';
import type { StageName, Unit } from './unit.js';
import { stageNames } from './unit.js';
import { packageVersion } from './version.js';

/** Why a unit has to run, or that it need not. */
export type UnitState = { done: true; record: UnitRecord } | { done: false; reason: string };

export interface RunUnitsOptions extends WorkOptions {
  /** First and last stage to run; the others are left as they are. Default: all. */
  from?: StageName;
  to?: StageName;
  /** Runs units of the chosen stages even where their records match. Default false. */
  force?: boolean;
  /** Worker threads; default the machine’s cores. */
  threads?: number;
  /** Where the arithmetic runs; default the fastest that works here (`SDC_ENGINE` overrides). */
  engine?: string;
  /** Called before and after each unit that runs. */
  onUnit?: (unit: Unit, state: 'started' | 'finished', detail: string) => void;
}

/** What a run did. */
export interface RunSummary {
  ran: string[];
  skipped: string[];
  seconds: number;
}

/**
 * Runs the units of a study that need it, in an order that gives every unit its inputs.
 *
 * A unit is skipped when its record names the same parameters, the same hashes of its inputs, and its outputs are
 * there with the hashes it recorded. Otherwise it runs in a staging folder; its outputs get their names only when
 * all are complete, and its record comes last, so that a run killed at any moment is resumed and ends with the same
 * bytes. A run with nothing to do writes nothing.
 *
 * @throws FileError if another process runs this study or an input is missing; whatever a unit throws
 */
export async function runUnits(
  folder: string,
  units: readonly Unit[],
  options: RunUnitsOptions = {},
): Promise<RunSummary> {
  const started = performance.now();
  const chosen = sortUnits(units).filter((unit) => inRange(unit.stage, options.from, options.to));
  const summary: RunSummary = { ran: [], skipped: [], seconds: 0 };
  const work = async () => {
    await removeDeadStaging(folder);
    for (const [index, unit] of chosen.entries()) {
      throwIfAborted(options.signal, `the study at ${folder}`);
      options.onProgress?.({ label: unit.id, done: index, total: chosen.length });
      const state = options.force
        ? { done: false as const, reason: 'forced' }
        : await unitState(folder, unit);
      if (state.done) {
        summary.skipped.push(unit.id);
        continue;
      }
      options.onUnit?.(unit, 'started', state.reason);
      const record = await runUnit(folder, unit, options);
      options.onUnit?.(unit, 'finished', `${record.seconds.toFixed(1)} s`);
      summary.ran.push(unit.id);
    }
  };
  const pending = options.force || (await anyPending(folder, chosen));
  if (pending) await withLock(join(folder, '.lock'), work);
  else summary.skipped = chosen.map((unit) => unit.id);
  summary.seconds = (performance.now() - started) / 1000;
  return summary;
}

/** Whether a unit's results are whole and made from the present inputs and parameters; if not, why. */
export async function unitState(folder: string, unit: Unit): Promise<UnitState> {
  const record = await readRecord(join(folder, unit.record));
  if (!record) return { done: false, reason: 'not done yet' };
  const parameters = canonical(unit.parameters);
  if (canonical(record.parameters) !== parameters) {
    const changed = Object.keys({ ...record.parameters, ...unit.parameters }).filter(
      (key) => canonical(record.parameters[key]) !== canonical(unit.parameters[key]),
    );
    return { done: false, reason: `${changed.join(', ')} changed` };
  }
  if (Object.keys(record.inputs).sort().join('\n') !== [...unit.inputs].sort().join('\n')) {
    return { done: false, reason: 'inputs changed' };
  }
  for (const [kind, files] of [
    ['input', record.inputs],
    ['output', record.outputs],
  ] as const) {
    for (const [path, known] of Object.entries(files)) {
      const stamp = await stampFile(resolve(folder, path), known);
      if (!stamp) return { done: false, reason: `${kind} ${path} is missing` };
      if (stamp.sha256 !== known.sha256) return { done: false, reason: `${kind} ${path} changed` };
    }
  }
  return { done: true, record };
}

/** Runs one unit whatever its state, and writes its outputs and record. */
export async function runUnit(
  folder: string,
  unit: Unit,
  options: RunUnitsOptions = {},
): Promise<UnitRecord> {
  const started = new Date();
  const clock = performance.now();
  const staging = join(folder, '.staging', stagingName(unit));
  const scratch = join(folder, '.scratch', `${unit.id.replaceAll('/', '_')}-${hashOf(unit.parameters)}`);
  const threads = options.threads ?? availableParallelism();
  const inputs: Record<string, FileStamp> = {};
  for (const path of unit.inputs) {
    const stamp = await stampFile(resolve(folder, path));
    if (!stamp)
      throw new FileError(
        resolve(folder, path),
        `is missing and ${unit.id} needs it`,
        'run the earlier stages',
      );
    inputs[path] = stamp;
  }
  await rm(staging, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  try {
    for (const path of [...unit.outputs, unit.record])
      await mkdir(dirname(join(staging, path)), { recursive: true });
    const result = await unit.run({
      input: (path) => resolve(folder, path),
      output: (path) => join(staging, path),
      scratch: (name) => join(scratch, name),
      ...{ threads, engine: options.engine, signal: options.signal, onProgress: options.onProgress },
    });
    await rm(join(folder, unit.record), { force: true });
    for (const path of unit.outputs) await moveInto(join(staging, path), join(folder, path), unit);
    const outputs: Record<string, FileStamp> = {};
    for (const path of unit.outputs) outputs[path] = (await stampFile(join(folder, path)))!;
    const record: UnitRecord = {
      ...{ unit: unit.id, parameters: unit.parameters, inputs, outputs },
      ...(result ? { result } : {}),
      versions: { 'shared-concepts': await packageVersion(), node: process.versions.node },
      started: started.toISOString(),
      seconds: (performance.now() - clock) / 1000,
      ...{ threads, host: hostname() },
    };
    await writeFile(join(staging, unit.record), `${JSON.stringify(record, null, 2)}\n`);
    await rename(join(staging, unit.record), join(folder, unit.record));
    await rm(scratch, { recursive: true, force: true });
    return record;
  } finally {
    await rm(staging, { recursive: true, force: true });
    await rmdirIfEmpty(scratch);
    for (const name of ['.staging', '.scratch']) await rmdirIfEmpty(join(folder, name));
  }
}

/** Orders units so that each comes after those that make its inputs; keeps the given order otherwise. */
export function sortUnits(units: readonly Unit[]): Unit[] {
  const upstream = dependencies(units);
  const sorted: Unit[] = [];
  const state = new Map<Unit, 'open' | 'done'>();
  const visit = (unit: Unit) => {
    if (state.get(unit) === 'done') return;
    if (state.get(unit) === 'open') throw new FormatError(unit.id, 'depends on its own output');
    state.set(unit, 'open');
    upstream.get(unit.id)!.forEach(visit);
    state.set(unit, 'done');
    sorted.push(unit);
  };
  units.forEach(visit);
  return sorted;
}

async function moveInto(from: string, to: string, unit: Unit): Promise<void> {
  await mkdir(dirname(to), { recursive: true });
  if (!existsSync(from)) throw new FormatError(unit.id, `did not write ${to}`);
  await rm(to, { recursive: true, force: true });
  await rename(from, to);
}

async function anyPending(folder: string, units: readonly Unit[]): Promise<boolean> {
  for (const unit of units) if (!(await unitState(folder, unit)).done) return true;
  return false;
}

function inRange(stage: StageName, from: StageName = 'prepare', to: StageName = 'report'): boolean {
  const place = stageNames.indexOf(stage);
  return place >= stageNames.indexOf(from) && place <= stageNames.indexOf(to);
}

function stagingName(unit: Unit): string {
  return `${process.pid}@${hostname()}@${unit.id.replaceAll('/', '_')}`;
}

async function removeDeadStaging(folder: string): Promise<void> {
  const staging = join(folder, '.staging');
  for (const name of await readdir(staging).catch(() => [])) {
    const [pid, host] = name.split('@');
    if (host !== hostname() || isAlive(Number(pid))) continue;
    await rm(join(staging, name), { recursive: true, force: true });
  }
  await rmdirIfEmpty(staging);
}

async function rmdirIfEmpty(folder: string): Promise<void> {
  await rmdir(folder).catch(() => undefined);
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(canonical(value)).digest('hex').slice(0, 12);
}

/** JSON with sorted keys: equal for equal values. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, item) =>
      item && typeof item === 'object' && !Array.isArray(item)
        ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)))
        : item,
    ) ?? 'undefined'
  );
}

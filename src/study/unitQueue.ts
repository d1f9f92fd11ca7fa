import { availableParallelism } from 'node:os';
import { isSharedConceptsError, SharedConceptsError, throwIfAborted } from '../util/errors.js';
import { interruptSignal } from '../util/interrupt.js';
import { blameInput } from './blameInput.js';
import { type RunUnitOptions, runUnit } from './runUnit.js';
import type { RunSummary, RunUnitsOptions } from './runUnits.js';
import type { Unit } from './unit.js';
import { fits, usableMemory } from './unitRoom.js';
import { type UnitState, unitState } from './unitState.js';

/** The process that ran a unit was killed, most often for memory. */
export class UnitKilledError extends SharedConceptsError {
  constructor(unit: string, how: string) {
    super('resource', `${unit} was killed (${how})`, { what: unit, value: how });
  }
}

/** Units in running order, those that run now, and those that failed. */
export class UnitQueue {
  readonly #jobs: number;
  readonly #threads: number;
  readonly #memory: number;
  readonly #left: Set<Unit>;
  readonly #running = new Map<Unit, { threads: number; ended: Promise<void> }>();
  readonly #failed = new Map<Unit, unknown>();
  /** Units run again because another found their output damaged; once each. */
  readonly #again = new Set<Unit>();
  /** Units whose process was killed: tried once more with nothing beside them. */
  readonly #alone = new Set<Unit>();

  constructor(
    readonly folder: string,
    readonly units: readonly Unit[],
    readonly upstream: ReadonlyMap<string, readonly Unit[]>,
    readonly options: RunUnitsOptions,
    readonly summary: RunSummary,
  ) {
    this.#left = new Set(units);
    this.#threads = options.threads ?? availableParallelism();
    this.#jobs = options.jobs ?? 1;
    this.#memory = options.memoryBytes ?? usableMemory();
  }

  async run(): Promise<void> {
    const { keepGoing = this.#jobs > 1, signal } = this.options;
    for (;;) {
      const stop = (this.#failed.size && !keepGoing) || (signal ?? interruptSignal())?.aborted;
      const next = stop ? undefined : this.#next();
      if (next) await this.#start(next);
      else if (this.#running.size) {
        await Promise.race([...this.#running.values()].map(({ ended }) => ended));
      } else break;
    }
    throwIfAborted(signal, `the study at ${this.folder}`);
    const [first] = this.#failed.values();
    if (this.#failed.size) throw keepGoing ? this.#allFailures() : first;
  }

  /** The first unit whose inputs are there and which fits beside those that run. */
  #next(): Unit | undefined {
    const running = [...this.#running.keys()];
    if (running.length >= this.#jobs || running.some((unit) => this.#alone.has(unit))) return undefined;
    for (const unit of this.#left) {
      if (this.#waits(unit) || (this.#alone.has(unit) && running.length)) continue;
      if (fits(unit, running, this.#memory)) return unit;
    }
    return undefined;
  }

  #waits(unit: Unit): boolean {
    return this.upstream
      .get(unit.id)!
      .some((other) => this.#left.has(other) || this.#running.has(other) || this.#failed.has(other));
  }

  async #start(unit: Unit): Promise<void> {
    const { options, folder } = this;
    this.#left.delete(unit);
    const done = this.units.length - this.#left.size - this.#running.size - 1;
    options.onProgress?.({ label: unit.id, done, total: this.units.length });
    const forced = options.force || this.#again.has(unit);
    const state: UnitState = forced ? { done: false, reason: 'forced' } : await unitState(folder, unit);
    if (state.done) {
      this.summary.skipped.push(unit.id);
      return;
    }
    options.onUnit?.(unit, 'started', state.reason);
    const threads = this.#share(unit);
    const ended = this.#work(unit, threads).then(() => void this.#running.delete(unit));
    this.#running.set(unit, { threads, ended });
  }

  /** Cores for a unit: its part of those that are free, divided among the units that could start now. */
  #share(unit: Unit): number {
    const used = [...this.#running.values()].reduce((sum, { threads }) => sum + threads, 0);
    const slots = this.#jobs - this.#running.size;
    let starters = 1;
    for (const other of this.#left) {
      const after = this.#waits(other) || this.upstream.get(other.id)!.includes(unit);
      if (starters < slots && !after) starters++;
    }
    const share = Math.floor((this.#threads - used) / Math.min(slots, starters));
    return Math.max(1, Math.min(share, this.#jobs > 1 ? (unit.cost?.maxThreads ?? share) : share));
  }

  async #work(unit: Unit, threads: number): Promise<void> {
    const { folder, options, summary } = this;
    const { engine, signal, onProgress, execute } = options;
    const upstream = this.upstream.get(unit.id)!;
    const own: RunUnitOptions = { threads, engine, signal, onProgress, upstream };
    try {
      const record = await (execute ? execute(unit, own) : runUnit(folder, unit, own));
      options.onUnit?.(unit, 'finished', `${record.seconds.toFixed(1)} s`);
      summary.ran.push(unit.id);
    } catch (error) {
      const maker = await blameInput(folder, error, upstream);
      options.onUnit?.(unit, 'failed', (error as Error).message);
      if (maker && this.units.includes(maker) && !this.#again.has(maker)) {
        this.#again.add(maker);
        for (const each of [maker, unit]) this.#left.add(each);
      } else if (error instanceof UnitKilledError && !this.#alone.has(unit)) {
        this.#alone.add(unit);
        this.#left.add(unit);
      } else this.#failed.set(unit, error);
    }
  }

  #allFailures(): SharedConceptsError {
    const waiting = this.#left.size ? `\n${this.#left.size} units that depend on them were left out` : '';
    const lines = [...this.#failed].map(([{ id }, error]) => `${id} failed: ${detailOf(error)}`);
    return new SharedConceptsError('resource', lines.join('\n') + waiting);
  }
}

/** A full disk says enough in its message; of a defect of ours the stack is wanted. */
export function detailOf(error: unknown): string {
  if (isSharedConceptsError(error)) return error.message;
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? error.message : (error.stack ?? error.message);
}

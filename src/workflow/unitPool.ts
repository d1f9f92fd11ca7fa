import { type ChildProcess, fork } from 'node:child_process';
import type { RunUnitOptions, Unit, UnitRecord } from '../study/index.js';
import { UnitKilledError } from '../study/unitQueue.js';
import { AbortedError, SharedConceptsError } from '../util/errors.js';
import { builtFile } from './unitCommand.js';

/** What a worker process is told. */
export type ToWorker = { run: string; threads?: number; engine?: string } | 'stop' | 'end';

/** What it answers. */
export type FromWorker = { record: UnitRecord } | { error: SentError };

/** An error on its way between processes. */
export interface SentError {
  tag?: SharedConceptsError['tag'];
  message: string;
  what?: string;
  stack?: string;
}

/** Processes that run units of one study, each one unit at a time. */
export interface UnitPool {
  /** Runs a unit in a process that is free, or in a new one. */
  execute(unit: Unit, options: RunUnitOptions): Promise<UnitRecord>;
  /** Ends the processes. */
  close(): Promise<void>;
}

/**
 * A pool of processes for the units of a study. A process is kept for further units; one that dies (killed for
 * memory, say) takes only its unit with it, with an UnitKilledError.
 */
export function unitPool(study: string): UnitPool {
  const free: ChildProcess[] = [];
  const all = new Set<ChildProcess>();
  const start = () => {
    const child = fork(builtFile('workflow/unitWorker.js'), [study], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    all.add(child);
    child.once('exit', () => all.delete(child));
    return child;
  };
  const takeFree = () => {
    let child = free.pop();
    while (child && !child.connected) child = free.pop();
    return child;
  };
  return {
    async execute(unit, { threads, engine, signal }) {
      const child = takeFree() ?? start();
      const stop = () => child.connected && child.send('stop' satisfies ToWorker);
      signal?.addEventListener('abort', stop, { once: true });
      try {
        const answer = await ask(child, { run: unit.id, threads, engine }, unit.id);
        free.push(child);
        if ('record' in answer) return answer.record;
        throw received(answer.error);
      } finally {
        signal?.removeEventListener('abort', stop);
      }
    },
    async close() {
      const ended = [...all].map((child) => new Promise((done) => child.once('exit', done)));
      for (const child of all) if (child.connected) child.send('end' satisfies ToWorker);
      await Promise.all(ended);
    },
  };
}

function ask(child: ChildProcess, message: ToWorker, id: string): Promise<FromWorker> {
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: FromWorker) => {
      child.off('exit', onExit);
      resolve(answer);
    };
    const onExit = (code: number | null, signal: string | null) => {
      child.off('message', onAnswer);
      reject(new UnitKilledError(id, signal ?? `exit code ${code}`));
    };
    child.once('message', onAnswer);
    child.once('exit', onExit);
    child.send(message);
  });
}

function received({ tag, message, what, stack }: SentError): Error {
  if (tag === 'aborted') return new AbortedError(what ?? 'the unit');
  if (tag) return new SharedConceptsError(tag, message, { what });
  return Object.assign(new Error(message), { stack: stack ?? message });
}

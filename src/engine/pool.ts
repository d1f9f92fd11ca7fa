import { availableParallelism } from 'node:os';
import { pathToFileURL } from 'node:url';
import { parentPort, type ResourceLimits, Worker } from 'node:worker_threads';
import { AbortedError, EngineError, type ErrorTag, SharedConceptsError } from '../util/errors.js';

/** Threads used when none are named: the cores this process may use. */
export function defaultThreads(): number {
  return availableParallelism();
}

/**
 * Where a file of this library lies once built: a URL under `src/` is moved to `dist/` and `.ts` becomes `.js`,
 * anything else stays, so that workers and kernels are found from the sources (in tests) as from the build.
 */
export function builtUrl(url: URL): URL {
  const at = url.href.lastIndexOf('/src/');
  if (at < 0 || url.href.lastIndexOf('/dist/') > at) return url;
  return new URL(`${url.href.slice(0, at)}/dist/${url.href.slice(at + 5).replace(/\.ts$/, '.js')}`);
}

/** What a handler may return beside a plain value: the value and the buffers to hand over with it. */
export class Transferred<T = unknown> {
  constructor(
    readonly value: T,
    readonly buffers: ArrayBuffer[],
  ) {}
}

interface PackedError {
  message: string;
  stack?: string;
  tag?: ErrorTag;
  name: string;
  details: Record<string, unknown>;
}

type Reply = { id: number; value?: unknown; error?: PackedError };

function packError(thrown: unknown): PackedError {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const { tag, what, value, expected, fix } = error as Partial<SharedConceptsError>;
  const safeValue = typeof value === 'object' || typeof value === 'function' ? String(value) : value;
  const details = { what, value: safeValue, expected, fix };
  return { message: error.message, stack: error.stack, tag, name: error.name, details };
}

function unpackError(packed: PackedError): Error {
  const error = packed.tag
    ? new SharedConceptsError(packed.tag, packed.message, packed.details)
    : new Error(packed.message);
  error.name = packed.name;
  if (packed.stack) error.stack = packed.stack;
  return error;
}

/**
 * The worker's side of a {@link WorkerPool}: answers jobs by name until told to stop. Jobs run one after
 * another, in the order they came. To hand buffers over instead of copying them, return a {@link Transferred}.
 */
export function serveJobs(handlers: Record<string, (argument: never) => unknown>): void {
  const port = parentPort!;
  let queue: Promise<void> = Promise.resolve();
  const answer = async (id: number, name: string, argument: unknown) => {
    let reply: Reply;
    let buffers: ArrayBuffer[] = [];
    try {
      const result = await (handlers[name] as (argument: unknown) => unknown)(argument);
      if (result instanceof Transferred) buffers = result.buffers;
      reply = { id, value: result instanceof Transferred ? result.value : result };
    } catch (error) {
      reply = { id, error: packError(error) };
    }
    try {
      port.postMessage(reply, buffers);
    } catch (error) {
      port.postMessage({ id, error: packError(error) });
    }
  };
  port.on('message', (message: { id: number; name: string; argument: unknown } | 'stop') => {
    if (message === 'stop') queue = queue.then(() => port.close());
    else queue = queue.then(() => answer(message.id, message.name, message.argument));
  });
}

interface Pending {
  worker: number;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

interface Queued {
  start(worker: number): void;
}

export interface JobOptions {
  /** Buffers handed over with the argument; the sender can no longer use them. */
  transfer?: ArrayBuffer[];
  /** Drops the job if it has not begun; if it has, its result is ignored. Either way it rejects at once. */
  signal?: AbortSignal;
}

/**
 * A fixed set of worker threads that answer jobs by message. Idle workers do not keep the process alive, and
 * none is ever terminated: native code aborts the whole process when its thread is killed in a call.
 *
 * ```ts
 * const pool = new WorkerPool(new URL('./scan-worker.js', import.meta.url), 2);
 * const counts = await Promise.all(tiles.map((tile) => pool.run<Uint32Array>('count', tile)));
 * await pool.close();
 * ```
 */
export class WorkerPool {
  readonly #workers: Worker[];
  readonly #pending = new Map<number, Pending>();
  readonly #load: number[];
  readonly #waiting: Queued[] = [];
  #nextId = 0;
  #failure: Error | undefined;

  /** @param resourceLimits of each worker's JavaScript memory, see Node's `Worker` */
  constructor(script: URL, threads: number, workerData?: unknown, resourceLimits?: ResourceLimits) {
    const url = builtUrl(script.protocol === 'file:' ? script : pathToFileURL(script.href));
    this.#load = new Array<number>(threads).fill(0);
    this.#workers = this.#load.map((_, index) => {
      const worker = new Worker(url, { workerData, resourceLimits, name: `shared-concepts ${index}` });
      worker.unref();
      worker.on('message', (reply: Reply) => this.#settle(reply));
      worker.on('error', (error) => this.#fail(error));
      worker.on('exit', (code) => {
        if (code !== 0) this.#fail(new EngineError('worker', `ended with code ${code}`));
      });
      return worker;
    });
  }

  /** Number of worker threads. */
  get size(): number {
    return this.#workers.length;
  }

  /** Runs a job on one given worker, after those it was given before; for workers that hold state. */
  runOn<T = void>(worker: number, name: string, argument?: unknown, options: JobOptions = {}): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      if (options.signal?.aborted) return reject(new AbortedError(name));
      const id = this.#nextId++;
      const stop = () => reject(new AbortedError(name));
      options.signal?.addEventListener('abort', stop, { once: true });
      const done = () => options.signal?.removeEventListener('abort', stop);
      this.#pending.set(id, {
        worker,
        resolve: (value) => {
          done();
          resolve(value as T);
        },
        reject: (error) => {
          done();
          reject(error);
        },
      });
      if (this.#load[worker]!++ === 0) this.#workers[worker]!.ref();
      this.#workers[worker]!.postMessage({ id, name, argument }, options.transfer ?? []);
    });
  }

  /** Runs a job on the first worker that is free. */
  run<T = void>(name: string, argument?: unknown, options: JobOptions = {}): Promise<T> {
    const idle = this.#load.indexOf(0);
    if (idle >= 0) return this.runOn<T>(idle, name, argument, options);
    return new Promise<T>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const queued: Queued = {
        start: (worker) => this.runOn<T>(worker, name, argument, options).then(resolve, reject),
      };
      this.#waiting.push(queued);
      options.signal?.addEventListener(
        'abort',
        () => {
          const place = this.#waiting.indexOf(queued);
          if (place < 0) return;
          this.#waiting.splice(place, 1);
          reject(new AbortedError(name));
        },
        { once: true },
      );
    });
  }

  /** Runs a job on every worker and resolves to their results in order. */
  runOnAll<T = void>(name: string, argument?: (worker: number) => unknown): Promise<T[]> {
    return Promise.all(this.#workers.map((_, worker) => this.runOn<T>(worker, name, argument?.(worker))));
  }

  /** Lets the workers finish what they were given and end; resolves when they have. */
  async close(): Promise<void> {
    await Promise.all(
      this.#workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            if (worker.threadId < 0) return resolve();
            worker.ref();
            worker.once('exit', () => resolve());
            worker.postMessage('stop');
          }),
      ),
    );
  }

  #settle(reply: Reply): void {
    const job = this.#pending.get(reply.id);
    if (!job) return;
    this.#pending.delete(reply.id);
    if (--this.#load[job.worker]! === 0) {
      const next = this.#waiting.shift();
      if (next) next.start(job.worker);
      else this.#workers[job.worker]!.unref();
    }
    if (reply.error) job.reject(unpackError(reply.error));
    else job.resolve(reply.value);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    for (const job of this.#pending.values()) job.reject(error);
    this.#pending.clear();
  }
}

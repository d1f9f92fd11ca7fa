import { createRequire } from 'node:module';
import { inspect } from 'node:util';
import type { Converter, Diagnostic } from 'tslab/dist/converter.js';
import type { Executor } from 'tslab/dist/executor.js';
import { provideInterruptSignal } from '../../util/interrupt.js';
import { nextTurn } from '../../util/progress.js';
import { describeDiagnostics, describeError, type ErrorContent } from './describeError.js';
import type { Content, Message } from './wire.js';

const require = createRequire(import.meta.url);

/** How long an interrupted cell may take to come to its own end before it is ended. */
const graceMs = 1000;

const interrupted: ErrorContent = {
  ename: 'Interrupted',
  evalue: 'the cell was interrupted',
  traceback: ['\x1b[31mInterrupted\x1b[0m: the cell was interrupted'],
};

/** One execution of a cell. */
interface Cell {
  readonly request: Message;
  readonly stop: AbortController;
  /** Ends the cell from outside. */
  end(failure: ErrorContent): void;
}

/** Publishes a message on the IOPub channel as caused by a request. */
export type Publish = (type: string, content: Content, cause: Message) => void;
/** Answers a request. */
export type Reply = (content: Content) => void;

interface Pending {
  readonly request: Message;
  readonly reply: Reply;
}

/**
 * Runs cells one after the other and says what they print, show, return and throw. (No AsyncLocalStorage: the async
 * hooks behind it make Node abort when a cell that never yields is torn down.)
 */
export class KernelSession {
  readonly #publish: Publish;
  readonly #onCellEnd: () => void;
  readonly #executor: Executor;
  readonly #queue: Pending[] = [];
  #diagnostics: readonly Diagnostic[] = [];
  #thrown: unknown;
  #current: Cell | undefined;
  #latest: Cell | undefined;
  #working = false;
  #count = 0;

  constructor(workFolder: string, publish: Publish, onCellEnd: () => void) {
    this.#publish = publish;
    this.#onCellEnd = onCellEnd;
    const { createConverter } =
      require('tslab/dist/converter.js') as typeof import('tslab/dist/converter.js');
    const { createExecutor } = require('tslab/dist/executor.js') as typeof import('tslab/dist/executor.js');
    const converter = createConverter();
    const convert: Converter['convert'] = (declarations, code) => {
      const converted = converter.convert(declarations, code);
      this.#diagnostics = converted.diagnostics;
      return converted;
    };
    const node = { ...converter, convert };
    const converters = { node, browser: node, close: () => converter.close() };
    this.#executor = createExecutor(workFolder, converters, {
      log: (value: unknown) => this.#showResult(value),
      error: (...values: unknown[]) => {
        if (values.length === 1) this.#thrown = values[0];
      },
    });
    this.#takeOutputs();
    provideInterruptSignal(() => this.#latest?.stop.signal);
  }

  /** The request whose cell is running. */
  get currentRequest(): Message | undefined {
    return this.#current?.request;
  }

  /** Queues a cell. */
  execute(request: Message, reply: Reply): void {
    this.#queue.push({ request, reply });
    if (!this.#working) void this.#work();
  }

  /** Stops the running cell: it is asked through its signal, and ended if it does not come to an end by itself. */
  interrupt(): void {
    const cell = this.#current;
    if (!cell) return;
    cell.stop.abort();
    setTimeout(() => {
      if (this.#current === cell) cell.end(interrupted);
    }, graceMs);
  }

  /** Ends the running cell at once, for when its code has been torn down from outside. */
  terminate(): void {
    this.#current?.stop.abort();
    this.#current?.end(interrupted);
  }

  complete(code: string, cursor: number): Content {
    const at = utf16Offset(code, cursor);
    const { start, end, candidates } = this.#executor.complete(code, at);
    return {
      status: 'ok',
      matches: candidates,
      cursor_start: codePointOffset(code, start),
      cursor_end: codePointOffset(code, end),
      metadata: {},
    };
  }

  inspect(code: string, cursor: number): Content {
    const { printQuickInfo } = require('tslab/dist/inspect.js') as typeof import('tslab/dist/inspect.js');
    const info = this.#executor.inspect(code, utf16Offset(code, cursor));
    const data = info ? { 'text/plain': printQuickInfo(info) } : {};
    return { status: 'ok', found: Boolean(info), data, metadata: {} };
  }

  isComplete(code: string): Content {
    const { isCompleteCode } = require('tslab/dist/converter.js') as typeof import('tslab/dist/converter.js');
    const { completed, indent } = isCompleteCode(code);
    return completed ? { status: 'complete' } : { status: 'incomplete', indent };
  }

  close(): void {
    this.#executor.close();
  }

  async #work(): Promise<void> {
    this.#working = true;
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      const { request, reply } = next;
      this.#publish('status', { execution_state: 'busy' }, request);
      const failure = await this.#run(request);
      const aborted = failure && request.content['stop_on_error'] !== false ? await this.#takeQueue() : [];
      reply(
        failure
          ? { status: 'error', execution_count: this.#count, ...failure }
          : { status: 'ok', execution_count: this.#count, payload: [], user_expressions: {} },
      );
      this.#publish('status', { execution_state: 'idle' }, request);
      for (const { request, reply } of aborted) {
        this.#publish('status', { execution_state: 'busy' }, request);
        reply({ status: 'aborted' });
        this.#publish('status', { execution_state: 'idle' }, request);
      }
    }
    this.#working = false;
  }

  /** After an error, cells that were sent together with the failed one do not run: takes what has arrived. */
  async #takeQueue(): Promise<Pending[]> {
    for (let turn = 0; turn < 3; turn++) await nextTurn();
    return this.#queue.splice(0);
  }

  async #run(request: Message): Promise<ErrorContent | undefined> {
    const code = String(request.content['code'] ?? '');
    const silent = request.content['silent'] === true;
    if (!silent && request.content['store_history'] !== false) this.#count++;
    if (!silent) this.#publish('execute_input', { code, execution_count: this.#count }, request);
    this.#diagnostics = [];
    this.#thrown = undefined;
    const failure = await new Promise<ErrorContent | undefined>((resolve) => {
      const cell: Cell = { request, stop: new AbortController(), end: resolve };
      this.#current = cell;
      this.#latest = cell;
      // A turn of its own: where a blocked cell has to be torn down, the kernel's own frames are not on its stack.
      setImmediate(() => {
        if (cell.stop.signal.aborted) return resolve(interrupted);
        this.#executor.execute(code).then(
          (ok) => resolve(ok ? undefined : this.#describe(code, cell)),
          (error) => resolve(describeError(error)),
        );
      });
    });
    this.#current = undefined;
    this.#shareVariables();
    this.#onCellEnd();
    // A cell that was ended from outside must not declare its variables later.
    if (failure === interrupted) this.#executor.interrupt();
    if (failure && !silent) this.#publish('error', failure, request);
    return failure;
  }

  /**
   * tslab rewrites the names of earlier cells' variables, but overlooks them in shorthand properties (`{ eps }`):
   * such names are found as globals, unless they are globals of Node's own.
   */
  #shareVariables(): void {
    const variables = this.#executor.locals;
    for (const name of Object.keys(variables)) {
      if (name in globalThis) continue;
      Object.defineProperty(globalThis, name, { configurable: true, get: () => variables[name] });
    }
  }

  #describe(code: string, cell: Cell): ErrorContent {
    if (this.#diagnostics.length > 0) return describeDiagnostics(this.#diagnostics, code);
    const isStop =
      (this.#thrown as { code?: string } | undefined)?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED';
    if (isStop) cell.stop.abort();
    return isStop ? interrupted : describeError(this.#thrown);
  }

  #showResult(value: unknown): void {
    const cell = this.#latest;
    if (!cell || cell.request.content['silent'] === true) return;
    const data = resultBundle(value);
    if (!data) return;
    this.#publish('execute_result', { execution_count: this.#count, data, metadata: {} }, cell.request);
  }

  /** Sends what is printed or shown to the cell that did it. */
  #takeOutputs(): void {
    for (const name of ['stdout', 'stderr'] as const) {
      const stream = process[name];
      const write = stream.write.bind(stream);
      const decoder = new TextDecoder();
      stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: () => void) => {
        const cell = this.#latest;
        if (!cell) return write(chunk as string);
        const text = typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
        if (text) this.#publish('stream', { name, text }, cell.request);
        const after = typeof encoding === 'function' ? encoding : done;
        if (after) process.nextTick(after as () => void);
        return true;
      }) as typeof stream.write;
    }
    const jupyter = require('tslab/dist/jupyter.js') as {
      lastWriteDisplayData: (data: Content, update?: boolean) => void;
    };
    jupyter.lastWriteDisplayData = (data, update) => {
      const cell = this.#latest;
      if (cell) this.#publish(update ? 'update_display_data' : 'display_data', data, cell.request);
    };
  }
}

/**
 * How a cell's last value is shown: as itself where it says how (`Symbol.for('Jupyter.display')`, or the `toHTML`
 * of arquero's tables), else as Node prints it; not at all where it answers that with nothing.
 */
function resultBundle(value: unknown): Content | undefined {
  const text = typeof value === 'string' ? value : inspect(value, { maxArrayLength: 24, breakLength: 100 });
  if (typeof value !== 'object' || value === null) return { 'text/plain': text };
  const own = (value as Record<symbol, unknown>)[Symbol.for('Jupyter.display')];
  if (typeof own === 'function') return own.call(value) as Content | undefined;
  const { toHTML } = value as { toHTML?: unknown };
  if (typeof toHTML === 'function') return { 'text/html': String(toHTML.call(value)), 'text/plain': text };
  return { 'text/plain': text };
}

/** Jupyter counts cursor positions in code points, JavaScript in UTF-16 units. */
const utf16Offset = (text: string, offset: number) => Array.from(text).slice(0, offset).join('').length;
const codePointOffset = (text: string, offset: number) => Array.from(text.slice(0, offset)).length;

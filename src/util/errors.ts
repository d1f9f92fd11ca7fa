import { interruptSignal } from './interrupt.js';

/** What every error of this library carries beside its message. */
export interface ErrorDetails {
  /** What was wrong: an option's name, a file, a column. */
  what?: string;
  /** The offending value, as given. */
  value?: unknown;
  /** What would have been accepted, in words or as a range. */
  expected?: string;
  /** What to do about it: one sentence, often a command. */
  fix?: string;
  cause?: unknown;
}

/** The kinds of error, as tags that survive bundling and copies of the library. */
export type ErrorTag = 'input' | 'file' | 'format' | 'missing' | 'resource' | 'aborted' | 'engine';

/**
 * Base of every error the library throws on purpose. `tag` tells the kinds apart without `instanceof`;
 * `what`, `value`, `expected` and `fix` hold the parts of the message for programs to read.
 */
export class SharedConceptsError extends Error {
  readonly tag: ErrorTag;
  readonly what?: string;
  readonly value?: unknown;
  readonly expected?: string;
  readonly fix?: string;

  constructor(tag: ErrorTag, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.tag = tag;
    this.name = this.constructor.name;
    this.what = details.what;
    this.value = details.value;
    this.expected = details.expected;
    this.fix = details.fix;
  }
}

/** An argument, option or configuration value out of range: `eps is -1; must be in (0, 2)`. */
export class InputError extends SharedConceptsError {
  constructor(what: string, value: unknown, expected: string, fix?: string, cause?: unknown) {
    super('input', sentence(`${what} is ${show(value)}; must be ${expected}`, fix), {
      what,
      value,
      expected,
      fix,
      cause,
    });
  }
}

/** A file that is missing, unreadable or cannot be written: `betas.npy is missing; run "sdc run STUDY"`. */
export class FileError extends SharedConceptsError {
  constructor(path: string, problem: string, fix?: string, cause?: unknown) {
    super('file', sentence(`${path} ${problem}`, fix), { what: path, fix, cause });
  }
}

/** A file whose content is not what its format or its use demands: truncated, corrupt, wrong shape, NaN. */
export class FormatError extends SharedConceptsError {
  constructor(path: string, problem: string, fix?: string, cause?: unknown) {
    super('format', sentence(`${path}: ${problem}`, fix), { what: path, fix, cause });
  }
}

/** An optional part that is not installed or does not run here, with the command that mends it. */
export class MissingError extends SharedConceptsError {
  constructor(what: string, problem: string, fix?: string, cause?: unknown) {
    super('missing', sentence(`${what} ${problem}`, fix), { what, fix, cause });
  }
}

/** Not enough memory, disk, or quota for what was asked; says how much is needed and how to need less. */
export class ResourceError extends SharedConceptsError {
  constructor(what: string, needed: string, available: string, fix?: string) {
    super('resource', sentence(`${what} needs ${needed}, but ${available} is available`, fix), {
      ...{ what, value: needed, expected: available, fix },
    });
  }
}

/** An engine that failed while computing, or disagrees with the reference. */
export class EngineError extends SharedConceptsError {
  constructor(engine: string, problem: string, fix?: string, cause?: unknown) {
    super('engine', sentence(`engine ${engine} ${problem}`, fix), { what: engine, fix, cause });
  }
}

/** The work was stopped by its AbortSignal; whatever was complete before is kept. */
export class AbortedError extends SharedConceptsError {
  constructor(what: string) {
    super('aborted', `${what} was stopped before its end`, { what });
  }
}

/** Whether a value is one of this library's errors (whichever copy of the library threw it). */
export function isSharedConceptsError(error: unknown): error is SharedConceptsError {
  return error instanceof Error && typeof (error as Partial<SharedConceptsError>).tag === 'string';
}

/**
 * Throws {@link AbortedError} if the signal has fired; without a signal, if the notebook's stop button was pressed
 * ({@link interruptSignal}).
 */
export function throwIfAborted(signal: AbortSignal | undefined, what: string): void {
  if ((signal ?? interruptSignal())?.aborted) throw new AbortedError(what);
}

function sentence(problem: string, fix?: string): string {
  return fix ? `${problem}; ${fix}` : problem;
}

function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number' || typeof value === 'boolean' || value == null) return String(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${(value as Float32Array).length}`;
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

const key = Symbol.for('shared-concepts.interrupt');
const holder = globalThis as { [key]?: () => AbortSignal | undefined };

/**
 * The signal of the notebook's stop button: it fires when the kernel is interrupted while the cell that asked for
 * it is running (or still has work under way). Undefined outside a notebook, where the caller decides.
 *
 * Every long function of this library heeds it unless given a `signal` of its own, so a cell needs it only for
 * loops that it writes itself.
 *
 * @example
 * for (const image of images) {
 *   interruptSignal()?.throwIfAborted();
 *   …
 * }
 */
export function interruptSignal(): AbortSignal | undefined {
  return holder[key]?.();
}

/** Says where {@link interruptSignal} finds the running cell's signal: one place for every copy of the library. */
export function provideInterruptSignal(provide: () => AbortSignal | undefined): void {
  holder[key] = provide;
}

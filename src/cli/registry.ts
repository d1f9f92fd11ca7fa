import type { Command } from './command.js';

/** Every sub-command, in the order of the help; each is loaded only when it is called. */
export const registry: Record<string, { summary: string; load: () => Promise<Command> }> = {
  init: {
    summary: 'make a study folder: phantom, finger7t, nsd, or from your own files',
    load: async () => (await import('./init.js')).init,
  },
  run: {
    summary: 'run or resume the stages of a study folder',
    load: async () => (await import('./run.js')).run,
  },
  doctor: {
    summary: 'what is here, what is not, and the command that mends each lack',
    load: async () => (await import('./doctor.js')).doctor,
  },
};

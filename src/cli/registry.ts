import type { Command } from './command.js';

/** Every sub-command, in the order of the help; each is loaded only when it is called. */
export const registry: Record<string, { summary: string; load: () => Promise<Command> }> = {
  jupyter: {
    summary: 'open JupyterLab or Notebook on the notebooks, with the TypeScript kernel of this project',
    load: async () => (await import('./jupyter.js')).jupyter,
  },
  supplement: {
    summary: 'execute every notebook and build a static site that needs no network',
    load: async () => (await import('./supplement.js')).supplement,
  },
};

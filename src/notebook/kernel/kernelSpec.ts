import { relative, sep } from 'node:path';
import { join } from 'node:path/posix';
import { toolkitFolder } from './resolvePackages.js';

/** Name of the kernel: of its folder, and in the metadata of notebooks. */
export const kernelName = 'shared-concepts';

/** What Jupyter reads of a kernel (`kernel.json`). */
export interface KernelSpec {
  argv: string[];
  display_name: string;
  language: string;
  interrupt_mode: 'message';
  metadata: Record<string, unknown>;
}

/**
 * The kernel's description for Jupyter.
 *
 * @param folder where its `kernel.json` will be; the kernel is then named relative to it, so that the project can
 *   be moved. Default: named by its absolute path
 */
export function kernelSpec(folder?: string): KernelSpec {
  const base = folder === undefined ? toolkitFolder : relative(folder, toolkitFolder).split(sep).join('/');
  const main = join(base, 'dist/notebook/kernel/main.js');
  return {
    argv: [
      'node',
      // Cells hold whole studies; node's own limit is 2 to 4 GB.
      '--max-old-space-size=8192',
      // Cells load the toolkit's ES modules through require, of which Node 20 and 22 warn at each start.
      '--disable-warning=ExperimentalWarning',
      // Tearing down a cell that never yields leaves Node's async bookkeeping unbalanced, which it would abort for.
      '--no-force-async-hooks-checks',
      folder === undefined ? main : `{resource_dir}/${main}`,
      '{connection_file}',
    ],
    display_name: 'TypeScript (shared-concepts)',
    language: 'typescript',
    interrupt_mode: 'message',
    metadata: { debugger: false },
  };
}

import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take minutes begin first: the notebooks, which use all cores, beside those that mostly wait for Slurm;
 * then those that compute.
 */
const long = [
  ...['notebook/notebooks', 'slurm/phantom', 'slurm/faults', 'slurm/controller', 'slurm/slurm'],
  ...['workflow/results', 'cluster/phantom', 'phantom/recovery', 'workflow/phantomThreads'],
  ...['concepts/phantom', 'workflow/exportStudy', 'workflow/finger7t', 'notebook/publishedInstall'],
  ...['phantom/writePhantom', 'notebook/kernel', 'notebook/frontEnds', 'plot/browser', 'cli/fetchNsd'],
  ...['notebook/supplement', 'study/pool'],
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => {
      const at = long.findIndex((name) => moduleId.endsWith(`test/${name}.test.ts`));
      return at < 0 ? long.length : at;
    };
    return [...files].sort((a, b) => place(a) - place(b) || (a.moduleId < b.moduleId ? -1 : 1));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/bench/**'],
    pool: 'forks',
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    reporters: ['default', './test/reporter.ts'],
  },
});

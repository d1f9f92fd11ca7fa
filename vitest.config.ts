import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take minutes, those that compute and those that wait for Slurm by turns: they begin first. */
const long = [
  ...['notebook/notebooks', 'slurm/phantom', 'workflow/results', 'slurm/faults', 'cluster/phantom'],
  ...['slurm/controller', 'workflow/phantomThreads', 'slurm/slurm', 'phantom/recovery', 'workflow/finger7t'],
  ...['concepts/phantom', 'workflow/exportStudy', 'notebook/supplement', 'notebook/kernel', 'study/pool'],
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

import type { Reporter, TestModule } from 'vitest/node';

/** Prints one closing line with the count, after naming every skipped test and its reason. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    for (const module of modules) {
      if (module.state() === 'failed' && module.errors().length) counts.failed++;
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'pending') continue;
        counts[result.state]++;
        if (result.state !== 'skipped') continue;
        console.log(
          `skipped: ${module.relativeModuleId} > ${test.fullName}: ${result.note ?? 'no reason given'}`,
        );
      }
    }
    console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  }
}

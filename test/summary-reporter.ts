/** Ends a test run with the plain line that CI reads: `N passed, N failed`, and skipped ones. */
import type { Reporter, TestModule } from 'vitest/node';

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 };
    let brokenFiles = 0;
    for (const module of modules) {
      if (module.errors().length > 0) brokenFiles++;
      for (const test of module.children.allTests()) counts[test.result().state]++;
    }
    // a file that does not load and an error outside of any test are failures too
    const failed = counts.failed + counts.pending + brokenFiles + unhandledErrors.length;
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    process.once('exit', () => {
      process.stdout.write(`\n${counts.passed} passed, ${failed} failed${skipped}\n`);
    });
  }
}

import { mkdirSync, writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Leaves `N passed, N failed, N skipped` in `.cache/test-counts` for `.ci/run`, which prints it as
 * its last line. A file that could not even be loaded counts as one failure.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    let passed = 0;
    let failed = unhandledErrors.length;
    let skipped = 0;
    for (const module of modules) {
      failed += module.errors().length;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') failed += 1;
        else skipped += 1;
      }
    }
    mkdirSync('.cache', { recursive: true });
    writeFileSync('.cache/test-counts', `${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  }
}

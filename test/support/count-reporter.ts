import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Counts } from '../../scripts/test/counts.ts';

/**
 * Leaves the counts of a run in the file that `CD_HELPER_TEST_COUNTS` names, for `scripts/test/main.ts`,
 * which adds those of several runs up. A file that could not even be loaded counts as one failure.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env['CD_HELPER_TEST_COUNTS'];
    if (file === undefined) return;
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
    const counts: Counts = { passed, failed, skipped };
    writeFileSync(file, JSON.stringify(counts));
  }
}

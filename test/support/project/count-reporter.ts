import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';
import type { Counts } from '../../../scripts/test/counts.ts';

const firstLine = (error: unknown): string => {
  const message = (error as { readonly message?: unknown } | undefined)?.message ?? error;
  return String(message).split('\n', 1)[0]?.slice(0, 200) ?? '';
};

/**
 * Writes the counts of a run to the file in `CD_HELPER_TEST_COUNTS`. `scripts/test/main.ts` adds up those of several
 * runs. A file that could not be loaded counts as one failure.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env['CD_HELPER_TEST_COUNTS'];
    if (file === undefined) return;
    const failures = unhandledErrors.map((error) => `unhandled: ${firstLine(error)}`);
    let passed = 0;
    let skipped = 0;
    for (const module of modules) {
      const name = module.relativeModuleId;
      failures.push(...module.errors().map((error) => `${name}: ${firstLine(error)}`));
      for (const test of module.children.allTests()) {
        const { state, errors } = test.result();
        if (state === 'passed') passed += 1;
        else if (state === 'failed') {
          failures.push(`${name} > ${test.fullName}: ${firstLine(errors?.[0])}`);
        } else skipped += 1;
      }
    }
    const counts: Counts = { passed, skipped, failures };
    writeFileSync(file, JSON.stringify(counts));
  }
}

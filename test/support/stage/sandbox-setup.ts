import type { TestProject } from 'vitest/node';
import { type SandboxAddresses, startSandbox } from '../../../sandbox/sandbox.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** One for each file that can run at the same time; see `ownSandbox`. */
    sandboxes: readonly SandboxAddresses[];
  }
}

/** Starts the sandboxes that the end-to-end files share in turn, and returns a function that stops them. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const started = await Promise.all(
    Array.from({ length: project.config.maxWorkers }, () =>
      startSandbox({
        engines: 2,
        tell: (line) => process.stderr.write(`sandbox: ${line}\n`),
      }),
    ),
  );
  const slowest = Math.max(...started.map(({ startedInMs }) => startedInMs));
  process.stderr.write(`sandbox: ${started.length} up in ${slowest} ms\n`);
  project.provide(
    'sandboxes',
    started.map(({ addresses }) => addresses),
  );
  return async () => {
    await Promise.all(started.map(({ stop }) => stop()));
  };
};

import type { TestProject } from 'vitest/node';
import { type SandboxAddresses, startSandbox } from '../../sandbox/sandbox.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** For `attachSandbox`. */
    sandbox: SandboxAddresses;
  }
}

/** Starts the one sandbox that all end-to-end files share, and gives what stops it. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const sandbox = await startSandbox({
    engines: 2,
    tell: (line) => process.stderr.write(`sandbox: ${line}\n`),
  });
  process.stderr.write(`sandbox: up in ${sandbox.startedInMs} ms\n`);
  project.provide('sandbox', sandbox.addresses);
  return sandbox.stop;
};

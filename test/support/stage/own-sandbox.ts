import { inject } from 'vitest';
import type { SandboxAddresses } from '../../../sandbox/sandbox.ts';

/** The sandbox of the worker that runs this file. No other file uses it at the same time. */
export const ownSandbox = (): SandboxAddresses => {
  const worker = Number(process.env['VITEST_POOL_ID']);
  const sandbox = inject('sandboxes')[worker - 1];
  if (sandbox === undefined) throw new Error(`worker ${worker} has no sandbox`);
  return sandbox;
};

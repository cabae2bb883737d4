import type { Log } from '../core/log.ts';
import { createFailureLimit } from './failure-limit.ts';
import { Problem } from './problem.ts';

/** What a failed sign-in of an address is answered. */
export type FailureAnswer = (address: string) => Problem;

/**
 * Unknown, malformed and missing secrets are all told the same. What was shown is written nowhere,
 * and an address that fails too often is no longer written about either.
 */
export const createFailureAnswer = (options: {
  readonly now: () => number;
  readonly log: Log;
  readonly event: string;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}): FailureAnswer => {
  const { log, event, code, detail, headers = {} } = options;
  const countFailure = createFailureLimit(options.now);
  return (address) => {
    const wait = countFailure(address);
    if (wait === null) {
      log.warn(event, { address });
      return new Problem(401, code, detail, { headers });
    }
    return new Problem(429, 'too-many-failures', 'too many failed sign-ins: wait before the next', {
      headers: { 'retry-after': String(wait) },
    });
  };
};

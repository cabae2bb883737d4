import type { Log } from '../../core/log.ts';
import { createFailureLimit } from './failure-limit.ts';
import { Problem } from '../problem/problem.ts';
import { gatherWarnings } from '../server/gather-warnings.ts';

/** The answer to a failed sign-in from an address. */
export type FailureAnswer = (address: string) => Problem;

export type Failures = {
  readonly failed: FailureAnswer;
  /**
   * Counts a request of an unproven sender that was refused for another reason, such as broken JSON with a junk
   * signature. Returns the answer to give instead if its address has failed too often; else null.
   */
  readonly refused: (address: string) => Problem | null;
};

/**
 * Unknown, malformed and missing secrets get the same answer. It is delayed more with each failure of the address, and
 * in the end becomes "too many failures". The shown value is never logged, and only the first few failures of a minute
 * are logged individually.
 */
export const createFailures = (options: {
  readonly now: () => number;
  /** Maximum delay of an answer, in ms. */
  readonly longestDelay: number;
  readonly log: Log;
  readonly event: string;
  readonly code: string;
  readonly detail: string;
  readonly headers?: Readonly<Record<string, string>>;
}): Failures => {
  const { event, code, detail, headers = {}, longestDelay } = options;
  const count = createFailureLimit(options.now);
  const warn = gatherWarnings(options.log);
  const tooMany = (seconds: number): Problem =>
    new Problem(429, 'too-many-failures', 'too many failed sign-ins: wait before the next', {
      headers: { 'retry-after': String(seconds) },
    });
  return {
    failed: (address) => {
      const counted = count(address);
      if (counted.kind === 'too-many') return tooMany(counted.seconds);
      warn(event, { address });
      const delayMs = Math.round(counted.share ** 2 * longestDelay);
      return new Problem(401, code, detail, { headers, delayMs });
    },
    refused: (address) => {
      const counted = count(address);
      return counted.kind === 'too-many' ? tooMany(counted.seconds) : null;
    },
  };
};

import type { Log } from '../../core/log.ts';
import { createFailureLimit } from './failure-limit.ts';
import { Problem } from '../problem/problem.ts';
import { gatherWarnings } from '../server/gather-warnings.ts';

/** What a failed sign-in of an address is answered. */
export type FailureAnswer = (address: string) => Problem;

export type Failures = {
  readonly failed: FailureAnswer;
  /**
   * Counts a request that was refused for another reason before anything had proven its sender, as broken JSON with
   * a junk signature is. What it is answered instead, where its address has had too many; else null.
   */
  readonly refused: (address: string) => Problem | null;
};

/**
 * Unknown, malformed and missing secrets are all told the same, the later the more there were from the address, and
 * in the end that they are too many. What was shown is written nowhere, and only the first few of a minute are
 * written about one by one.
 */
export const createFailures = (options: {
  readonly now: () => number;
  /** The longest that an answer is put off, in ms. */
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

import { type ConnectionCause, causeOfCode, connectionCode } from '../../core/connection-cause.ts';

const MEANINGS: Readonly<Partial<Record<ConnectionCause, string>>> = {
  refused: 'it refuses connections',
  'unknown-host': 'its name cannot be resolved',
  'no-route': 'it cannot be reached',
  late: 'it cannot be reached in time',
  untrusted: 'its certificate is not trusted',
  expired: 'its certificate is not valid at this time',
  'other-name': 'its certificate is for another name',
  'no-tls': 'it does not speak TLS',
};

/**
 * What a connection failure means, in a few words for people. The error's own message is left out, because it holds
 * the address, which may be a secret.
 */
export const describeConnectionProblem = (error: unknown, lateAfterMs: number | null): string => {
  if (lateAfterMs !== null) return `it did not answer within ${lateAfterMs / 1000} s`;
  const code = connectionCode(error);
  const known = MEANINGS[causeOfCode(code)];
  if (known !== undefined) return known;
  return /^[A-Z0-9_]{1,40}$/.test(code) ? `the connection broke (${code})` : 'the connection broke';
};

import type { SendOutcome } from '../../core/notice.ts';

type Failed = Extract<SendOutcome, { kind: 'failed' }>;

const failed = (detail: string, changes: Partial<Failed> = {}): Failed => ({
  kind: 'failed',
  retryable: true,
  mostAttempts: null,
  retryAfterMs: null,
  detail,
  ...changes,
});

/** Statuses with which the same message would be refused again; others may come of a receiver that restarts. */
const REFUSED: readonly number[] = [400, 401, 403, 405, 410, 411, 413, 414, 415, 422, 431];

/**
 * Words with which Slack and those who speak its language refuse. Only these are repeated of an answer:
 * any other text could hold the address.
 */
const KNOWN_WORDS: readonly string[] = [
  'action_prohibited',
  'channel_is_archived',
  'channel_not_found',
  'invalid_payload',
  'invalid_token',
  'no_service',
  'no_service_id',
  'no_team',
  'no_text',
  'posting_to_general_channel_denied',
  'rate_limited',
  'team_disabled',
  'too_many_attachments',
  'user_not_found',
];

/** Longer than this nobody is waited for because he asks so. */
const LONGEST_RETRY_AFTER_S = 3_600;

/** The delay of a `Retry-After` header, in ms; null where it is none. */
const retryAfterMs = (value: string | null): number | null => {
  if (value === null) return null;
  const date = Date.parse(value);
  const seconds = /^\d{1,9}(?:\.\d+)?$/.test(value) ? Number(value) : (date - Date.now()) / 1000;
  return Number.isFinite(seconds)
    ? Math.ceil(Math.min(Math.max(seconds, 0), LONGEST_RETRY_AFTER_S) * 1000)
    : null;
};

/** What an answer means, whatever the receiver. */
export const outcomeOf = (status: number, text: string, retryAfter: string | null): SendOutcome => {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const word = KNOWN_WORDS.find((known) => text.trim() === known);
  const detail = `it answered ${status}${word === undefined ? '' : ` ${word}`}`;
  if (status >= 300 && status < 400) {
    const advice = 'redirects are not followed, give the address that it leads to';
    return failed(`${detail}; ${advice}`, { retryable: false });
  }
  if (REFUSED.includes(status)) return failed(detail, { retryable: false });
  return failed(detail, { retryAfterMs: retryAfterMs(retryAfter) });
};

const codeOf = (error: unknown, depth = 0): string => {
  if (!(error instanceof Error) || depth > 4) return '';
  if ('code' in error && typeof error.code === 'string') return error.code;
  const inner: unknown = error instanceof AggregateError ? error.errors[0] : error.cause;
  return codeOf(inner, depth + 1);
};

const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'it refuses connections',
  ENOTFOUND: 'its name cannot be resolved',
  EAI_AGAIN: 'its name cannot be resolved now',
  EHOSTUNREACH: 'it cannot be reached',
  ENETUNREACH: 'it cannot be reached',
  UND_ERR_CONNECT_TIMEOUT: 'it cannot be reached in time',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not trusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not trusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not trusted',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

/**
 * What a failure of the connection means. Messages of errors are left out, because they hold the
 * address, which may be a secret.
 */
export const connectionProblem = (error: unknown, lateAfterMs: number | null): Failed => {
  if (lateAfterMs !== null) return failed(`it did not answer within ${lateAfterMs / 1000} s`);
  const code = codeOf(error);
  const known = MEANINGS[code];
  if (known !== undefined) return failed(known);
  return failed(
    /^[A-Z0-9_]{1,40}$/.test(code) ? `the connection broke (${code})` : 'the connection broke',
  );
};

/** A failure that is told by the receiver's own rules. */
export const refusal = failed;

import type { SendOutcome } from '../../core/contract/notice.ts';
import { describeConnectionProblem } from '../exchange/connection-problem.ts';
import { parseRetryAfter } from '../exchange/retry-after.ts';

type Failed = Extract<SendOutcome, { kind: 'failed' }>;

const failed = (detail: string, changes: Partial<Failed> = {}): Failed => ({
  kind: 'failed',
  retryable: true,
  mostAttempts: null,
  retryAfterMs: null,
  detail,
  ...changes,
});

/** Statuses that the same message would get again. Others may come from a receiver that is restarting. */
const REFUSED: readonly number[] = [400, 401, 403, 405, 410, 411, 413, 414, 415, 422, 431];

/**
 * Error words of Slack and compatible services. Nothing else of an answer is repeated: any other text could contain
 * the address.
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

/** What an answer means for any receiver. */
export const outcomeOf = (status: number, text: string, retryAfter: string | null): SendOutcome => {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  const word = KNOWN_WORDS.find((known) => text.trim() === known);
  const detail = `it answered ${status}${word === undefined ? '' : ` ${word}`}`;
  if (status >= 300 && status < 400) {
    const advice = 'redirects are not followed; use the address that it leads to';
    return failed(`${detail}; ${advice}`, { retryable: false });
  }
  if (REFUSED.includes(status)) return failed(detail, { retryable: false });
  return failed(detail, { retryAfterMs: parseRetryAfter(retryAfter, Date.now()) });
};

/** What a failure of the connection means. */
export const connectionProblem = (error: unknown, lateAfterMs: number | null): Failed =>
  failed(describeConnectionProblem(error, lateAfterMs));

/** A failure by the receiver's own rules. */
export const refusal = failed;

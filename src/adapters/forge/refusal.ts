import type { ReportOutcome } from '../../core/forge/report.ts';
import { LONGEST_RETRY_AFTER_MS, parseRetryAfter } from '../exchange/retry-after.ts';
import type { ApiAnswer } from './forge-api.ts';

type Failed = Extract<ReportOutcome, { kind: 'failed' }>;

/** The pause that GitHub asks for if its secondary limit gives no time. */
const SECONDARY_WAIT_MS = 60_000;
/** Somebody has to change a permission, so retrying sooner is pointless. */
const PERMISSION_WAIT_MS = 5 * 60_000;

const failed = (detail: string, changes: Partial<Failed> = {}): Failed => ({
  kind: 'failed',
  retryable: true,
  retryAfterMs: null,
  remoteId: null,
  detail,
  ...changes,
});

/** The forge's own error message, in one short line. */
const messageOf = (body: unknown): string => {
  const { message, error } = (typeof body === 'object' && body !== null ? body : {}) as {
    message?: unknown;
    error?: unknown;
  };
  const told = message ?? error;
  const text = typeof told === 'string' ? told : told === undefined ? '' : JSON.stringify(told);
  const plain = text
    .replaceAll(/\p{C}+/gu, ' ')
    .trim()
    .slice(0, 200);
  return plain === '' ? '' : `: ${plain}`;
};

const seconds = (text: string | undefined): number | null =>
  text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : null;

/** How long a forge that limits us wants no requests, in ms; null if it does not limit us. */
const limitedFor = ({ status, headers, body }: ApiAnswer, now: number): number | null => {
  const after = parseRetryAfter(headers['retry-after'] ?? null, now);
  const isSecondary = /rate limit/i.test(messageOf(body));
  const remaining = headers['x-ratelimit-remaining'] ?? headers['ratelimit-remaining'];
  if (status !== 429 && !(status === 403 && (after !== null || isSecondary || remaining === '0')))
    return null;
  if (after !== null) return after;
  const reset = seconds(headers['x-ratelimit-reset'] ?? headers['ratelimit-reset']);
  if (remaining === '0' && reset !== null) {
    return Math.min(Math.max(reset * 1_000 - now, 1_000), LONGEST_RETRY_AFTER_MS);
  }
  return SECONDARY_WAIT_MS;
};

/** The failure that an unexpected answer stands for. `doing` says what was asked, for people. */
export const refusalOf = (answer: ApiAnswer, doing: string): Failed => {
  const detail = `${doing}: the forge answered ${answer.status}${messageOf(answer.body)}`;
  const limitedMs = limitedFor(answer, Date.now());
  if (limitedMs !== null) return failed(detail, { retryAfterMs: limitedMs });
  if (answer.status === 401 || answer.status === 403) {
    const hint = 'check the credentials and their permissions with: cd-helper check-config';
    return failed(`${detail}; ${hint}`, { retryAfterMs: PERMISSION_WAIT_MS });
  }
  const isFinal = answer.status < 500 && answer.status !== 408 && answer.status !== 202;
  // A 404 about a commit may not apply to the next commit.
  if (answer.status === 404 && !/commit|reference/i.test(messageOf(answer.body))) {
    return failed(`${detail}; does the repository exist, and can the helper see it?`, {
      retryable: false,
      isUnknownRepository: true,
    });
  }
  return failed(detail, { retryable: !isFinal });
};

export const unreachable = (detail: string): Failed =>
  failed(`the forge cannot be reached: ${detail}`);

import { type Deadline, pause, startDeadline } from '../../exchange/deadline.ts';
import type { FollowedAnswer, Question } from '../sign-in/follow.ts';
import type { Lane } from '../pace/lane.ts';
import type { QuotaBook } from '../pace/quotas.ts';
import { RegistryError } from '../wire/registry-error.ts';
import type { Endpoint } from '../wire/registry-host.ts';
import { parseRetryAfter } from '../../exchange/retry-after.ts';
import { retryPause, SHORT_RETRY_AFTER_MS } from '../pace/retry-pause.ts';
import { createOverEither } from '../sign-in/schemes.ts';
import { askSignedIn, refusedThere, type SignedInParts } from '../sign-in/signed-in.ts';
import type { Asking } from '../sign-in/sign-in.ts';

/**
 * Sends a question to an endpoint: signs in if required, follows redirects, and retries if that may help. Returns
 * answers about the thing asked for (200, 304, 404, 405, other 4xx). Throws {@link RegistryError} for anything that
 * prevents such an answer, or the caller's reason.
 */
export type Ask = (
  endpoint: Endpoint,
  question: Question,
  caller: AbortSignal,
  limits: AskLimits,
) => Promise<FollowedAnswer>;

export type AskLimits = Partial<AskSettings> & {
  /** Time limit of one lookup with all its retries, in ms. */
  readonly lookupMs: number;
};

export type AskSettings = {
  readonly tries: number;
  /** Pause before the second try, in ms. Doubles with each. */
  readonly retryPauseMs: number;
};

type Parts = SignedInParts & {
  readonly lanes: (host: string, concurrency: number) => Lane;
  readonly quotas: QuotaBook;
  readonly settings: AskSettings;
  readonly now: () => number;
  readonly random: () => number;
};

type AskedOf = {
  readonly lane: Lane;
  readonly endpoint: Endpoint;
  readonly question: Question;
  /** ms since the epoch. */
  readonly now: number;
};

const judgeStatus = (
  answer: FollowedAnswer,
  { lane, endpoint, question, now }: AskedOf,
): FollowedAnswer => {
  const { status } = answer;
  const retryAfterMs = parseRetryAfter(answer.header('retry-after'), now);
  if (status === 429) {
    if (retryAfterMs !== null) lane.restFor(question.method, retryAfterMs);
    const detail = `${endpoint.name} asks for fewer requests (429)`;
    const retryable = retryAfterMs !== null;
    throw new RegistryError('rate-limited', detail, { retryable, retryAfterMs });
  }
  if (status === 403) throw refusedThere(endpoint, question, status);
  if (status === 408 || (status >= 500 && status !== 501)) {
    const detail = `${endpoint.name} answered ${status}`;
    throw new RegistryError('unreachable', detail, {
      retryable: true,
      retryAfterMs,
      status,
    });
  }
  return answer;
};

/** Waits if the registry asked for a short pause. Throws if it asked for a long one. */
const rest = async (
  lane: Lane,
  endpoint: Endpoint,
  method: string,
  deadline: Deadline,
): Promise<void> => {
  const restMs = lane.restMs(method);
  if (restMs === 0) return;
  if (restMs > SHORT_RETRY_AFTER_MS || restMs > deadline.remainingMs()) {
    const detail = `${endpoint.name} asked for fewer requests (429); the helper waits`;
    throw new RegistryError('rate-limited', detail, { retryAfterMs: restMs });
  }
  await pause(restMs, deadline.caller);
};

export const createAsk = (parts: Parts): Ask => {
  const { settings } = parts;
  const overEither = createOverEither();

  const askOnce = async (
    endpoint: Endpoint,
    question: Question,
    { deadline, begun }: Pick<Asking, 'deadline' | 'begun'>,
  ): Promise<FollowedAnswer> => {
    const repository = question.onBehalfOf ?? question.repository;
    const scope = question.repository === null ? null : `repository:${question.repository}:pull`;
    const over = (scheme: Asking['scheme']): Promise<FollowedAnswer> =>
      askSignedIn(
        parts,
        { endpoint, scheme, scope, repository, deadline, begun, sentBy: null },
        question,
      );
    if (endpoint.scheme === 'https') return over('https');
    return overEither(endpoint, deadline.caller, over);
  };

  return (endpoint, question, caller, limits) => {
    const { lookupMs, tries, retryPauseMs: basePauseMs } = { ...settings, ...limits };
    if (!endpoint.isAddress) {
      const detail = `${endpoint.name} is not a usable address`;
      return Promise.reject(new RegistryError('unreachable', detail));
    }
    const lane = parts.lanes(endpoint.name, endpoint.concurrency);
    return lane.run(caller, question.repository, async (begun) => {
      const deadline = startDeadline(caller, lookupMs);
      for (let attempt = 1; ; attempt += 1) {
        await rest(lane, endpoint, question.method, deadline);
        try {
          const answer = await askOnce(endpoint, question, { deadline, begun });
          parts.quotas.note(endpoint.name, answer);
          return judgeStatus(answer, { lane, endpoint, question, now: parts.now() });
        } catch (error) {
          if (!(error instanceof RegistryError)) throw error;
          const { retryable, retryAfterMs } = error;
          const random = parts.random();
          const wait = retryPause({ attempt, tries, retryable, retryAfterMs, basePauseMs, random });
          if (wait === null || wait >= deadline.remainingMs()) throw error;
          await pause(wait, caller);
        }
      }
    });
  };
};

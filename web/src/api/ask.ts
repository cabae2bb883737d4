import { ApiProblem, toApiProblem } from './api-problem.ts';

export type Asked = {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  readonly body?: unknown;
  /** Idempotency key: the act is carried out once, however often it is sent. */
  readonly key?: string;
  readonly signal?: AbortSignal;
  /** Time limit for a slow answer, in ms. */
  readonly withinMs?: number;
};

/** A list of services may wait for a cluster that hangs. The helper gives up before this. */
const READ_WITHIN_MS = 35_000;
/** Acts ask the cluster and the registry first. */
const ACT_WITHIN_MS = 90_000;
/** Values by the ETag that they came with, so that an unchanged value is the same object. */
const MOST_KEPT = 60;

const kept = new Map<string, { readonly tag: string; readonly value: unknown }>();

const keep = (path: string, tag: string, value: unknown): void => {
  kept.delete(path);
  kept.set(path, { tag, value });
  const oldest = kept.keys().next();
  if (kept.size > MOST_KEPT && oldest.done !== true) kept.delete(oldest.value);
};

/** Forgets cached answers: they belong to a session that has ended. */
export const forgetAnswers = (): void => kept.clear();

const messageOf = (error: unknown): string => {
  const isLate = error instanceof DOMException && error.name === 'TimeoutError';
  return isLate ? 'the helper did not answer in time' : 'the helper cannot be reached';
};

/**
 * Sends a request to the API at this page's own address. `path` begins with `/api/v1`. The browser sends the ETag of
 * what it has. If nothing has changed, the result is the same object as last time. Throws {@link ApiProblem}, or the
 * signal's reason if it was aborted.
 */
export const ask = async <T>(path: string, asked: Asked = {}): Promise<T> => {
  const { method = 'GET', body, key, signal } = asked;
  const { withinMs = method === 'GET' ? READ_WITHIN_MS : ACT_WITHIN_MS } = asked;
  const limit = AbortSignal.timeout(withinMs);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(new URL(path.slice(1), document.baseURI), {
      method,
      credentials: 'same-origin',
      headers: {
        accept: 'application/json',
        ...(method === 'GET' ? {} : { 'x-cd-helper': 'dashboard' }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === undefined ? {} : { 'idempotency-key': key }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    });
    text = await answer.text();
  } catch (error) {
    if (signal?.aborted === true) throw error;
    throw new ApiProblem(0, messageOf(error));
  }
  if (!answer.ok) throw toApiProblem(answer.status, text, answer.headers.get('retry-after'));
  const tag = method === 'GET' ? answer.headers.get('etag') : null;
  const before = kept.get(path);
  if (tag !== null && before?.tag === tag) return before.value as T;
  let value: T;
  try {
    value = (text === '' ? null : JSON.parse(text)) as T;
  } catch {
    throw new ApiProblem(502, 'the answer is not the helper’s: is something in between?');
  }
  if (tag !== null) keep(path, tag, value);
  return value;
};

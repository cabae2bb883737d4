import { STATUS_CODES } from './node-http.ts';

/** One of several problems of a request. */
export type ProblemItem = { readonly path: string; readonly detail: string };

/**
 * {@link https://www.rfc-editor.org/rfc/rfc9457 RFC 9457}. Never with `instance`, because addresses contain secrets.
 */
export type ProblemBody = {
  /** `urn:cd-helper:problem:` and a stable kebab-case code. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly errors: readonly ProblemItem[];
};

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

type Extras = {
  readonly errors?: readonly ProblemItem[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly delayMs?: number;
};

/** Thrown to end a request with a problem. `detail` is for a person: what is wrong and what to do. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  readonly code: string;
  readonly errors: readonly ProblemItem[];
  readonly headers: Readonly<Record<string, string>>;
  /** Delay of the answer, which slows down guessing. */
  readonly delayMs: number;

  constructor(status: number, code: string, detail: string, extras: Extras = {}) {
    super(detail);
    this.status = status;
    this.code = code;
    this.errors = extras.errors ?? [];
    this.headers = extras.headers ?? {};
    this.delayMs = extras.delayMs ?? 0;
  }
}

export const problemBody = (problem: Problem): ProblemBody => ({
  type: `urn:cd-helper:problem:${problem.code}`,
  title: STATUS_CODES[problem.status] ?? 'Error',
  status: problem.status,
  detail: problem.message,
  errors: problem.errors,
});

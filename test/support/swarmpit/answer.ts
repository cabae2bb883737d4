/** An answer of Swarmpit. Only the two sign-in layers set `X-Backend-Server: swarmpit`. */
export type SwarmpitAnswer = {
  readonly status: number;
  /** Undefined for an empty body. */
  readonly body?: unknown;
  readonly isMarked?: boolean;
};

export const withError = (status: number, error: string | null): SwarmpitAnswer => ({
  status,
  body: { error },
});

export const ok = (body: unknown): SwarmpitAnswer => ({ status: 200, body });

/** For a path without a route: no body, for any client. */
export const NO_ROUTE: SwarmpitAnswer = { status: 404 };

export const TIMED_OUT = withError(408, 'Request timeout');

/** Any exception that Swarmpit does not expect: its complete text, and no `error`. */
export const exception = (cause: string): SwarmpitAnswer => ({
  status: 500,
  body: { cause, via: [], trace: [] },
});

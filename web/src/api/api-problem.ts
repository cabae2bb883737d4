/** The fields of an RFC 9457 problem that are used here. */
type ProblemBody = {
  readonly type?: unknown;
  readonly title?: unknown;
  readonly detail?: unknown;
  readonly errors?: unknown;
};

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? value : null;

/** Why the helper did not do or show what was asked. `message` is for the person who asked. */
export class ApiProblem extends Error {
  override readonly name = 'ApiProblem';
  /** 0 if no answer came. */
  readonly status: number;
  /** The last part of the problem's type, such as `held`; null if the answer was not problem+json. */
  readonly code: string | null;
  /** Seconds to wait; null if the answer did not say. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    message: string,
    { code = null, retryAfter = null }: { code?: string | null; retryAfter?: number | null } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** The helper is unreachable: what is shown may be old, and a retry may work later. */
  get isAway(): boolean {
    return this.status === 0 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

/** Parses an error answer. A proxy may have sent it, so it need not be problem+json. */
export const toApiProblem = (
  status: number,
  body: string,
  retryAfter: string | null = null,
): ApiProblem => {
  let problem: ProblemBody = {};
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) problem = parsed;
  } catch {
    // A proxy's page. Its status says enough.
  }
  const errors = Array.isArray(problem.errors) ? problem.errors.map(sayError) : [];
  const said = text(problem.detail) ?? text(problem.title) ?? `the answer was ${status}`;
  const details = errors.filter((error) => error !== null && !said.includes(error));
  const seconds = Number(retryAfter ?? Number.NaN);
  return new ApiProblem(status, [said, ...details].join('; '), {
    code: text(problem.type)?.replace(/^.*[:/]/, '') ?? null,
    retryAfter: Number.isFinite(seconds) ? seconds : null,
  });
};

const sayError = (error: unknown): string | null => {
  if (typeof error === 'string') return text(error);
  if (typeof error !== 'object' || error === null) return null;
  const said = 'detail' in error ? error.detail : 'message' in error ? error.message : null;
  return text(said);
};

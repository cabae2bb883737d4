import { printable } from './cell-text.ts';
import { CliFailure, EXIT } from './exit-status.ts';

const codesOf = (error: unknown): readonly string[] => {
  if (!(error instanceof Error)) return [];
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors.flatMap(codesOf) : [];
  return [...own, error.name, ...inner, ...codesOf(error.cause)];
};

const innermost = (error: unknown): string =>
  error instanceof Error && error.cause !== undefined
    ? innermost(error.cause)
    : error instanceof Error
      ? error.message
      : String(error);

const WHERE = 'is the helper running, and is this its address? (--url or CD_HELPER_URL)';

/** Why no answer came. */
export const connectionFailure = (url: string, error: unknown): CliFailure => {
  const codes = codesOf(error);
  const has = (...any: readonly string[]): boolean => any.some((code) => codes.includes(code));
  const host = new URL(url).host;
  if (has('ECONNREFUSED'))
    return new CliFailure(`nothing listens at ${url}`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  if (has('ENOTFOUND', 'EAI_AGAIN')) {
    return new CliFailure(`the name of ${host} is not known`, { hint: WHERE, cause: error });
  }
  if (has('TimeoutError', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'ETIMEDOUT')) {
    return new CliFailure(`${url} did not answer in time`, {
      hint: WHERE,
      cause: error,
      mayPass: true,
    });
  }
  if (codes.some((code) => /^(?:ERR_TLS_|CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code))) {
    return new CliFailure(`the certificate of ${host} is not trusted: ${innermost(error)}`, {
      hint: 'where it is signed by an authority of your own, name it in NODE_EXTRA_CA_CERTS',
      cause: error,
    });
  }
  if (has('ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG')) {
    return new CliFailure(`${host} does not speak TLS`, {
      hint: 'the address may have to begin with http://',
      cause: error,
    });
  }
  return new CliFailure(`no answer from ${url}: ${printable(innermost(error))}`, {
    hint: 'is that the address of a helper, and does nothing between cut the connection?',
    cause: error,
    mayPass: true,
  });
};

export type BadAnswer = {
  readonly url: string;
  readonly path: string;
  readonly status: number;
  /** The parsed body; undefined where it is no JSON. */
  readonly answer: unknown;
  readonly hasToken: boolean;
  readonly shows: 'token' | 'hook secret';
};

const BASE_PATH =
  'the address may lack the base path, as in https://host/cd-helper, or lead to something else';
/** Every helper has these. */
const ALWAYS_THERE = /^\/api\/v1\/(?:services|deployments|deliveries|clusters|runs|freezes)$/;

type ProblemAnswer = { readonly type: string; readonly detail: string; readonly errors: string };

const PROBLEM = 'urn:cd-helper:problem:';

const asProblem = (answer: unknown): ProblemAnswer | null => {
  if (typeof answer !== 'object' || answer === null) return null;
  const type: unknown = Reflect.get(answer, 'type');
  const detail: unknown = Reflect.get(answer, 'detail');
  const errors: unknown = Reflect.get(answer, 'errors');
  if (typeof type !== 'string' || !type.startsWith(PROBLEM)) return null;
  const items: readonly unknown[] = Array.isArray(errors) ? errors : [];
  return {
    type: type.slice(PROBLEM.length),
    detail: typeof detail === 'string' ? printable(detail) : 'no reason given',
    errors: items
      .map((item) =>
        typeof item === 'object' && item !== null
          ? `${String(Reflect.get(item, 'path'))}: ${String(Reflect.get(item, 'detail'))}`
          : '',
      )
      .map(printable)
      .join('; '),
  };
};

/** Why the answer is not the one that was hoped for. */
export const answerFailure = ({
  url,
  path,
  status,
  answer,
  hasToken,
  shows,
}: BadAnswer): CliFailure => {
  const problem = asProblem(answer);
  if (problem === null) {
    if (status >= 502 && status <= 504) {
      return new CliFailure(
        `a proxy at ${url} answers that it cannot reach the helper (${status})`,
        { hint: 'is the helper running? docker service ps cd-helper_cd-helper', mayPass: true },
      );
    }
    return new CliFailure(`${url} answers (${status}), but not as a helper does`, {
      hint: BASE_PATH,
    });
  }
  if (status === 401 && shows === 'hook secret') {
    return new CliFailure('the helper refused the hook secret', {
      hint: 'it must be one that the configuration of that helper names',
    });
  }
  if (status === 401) {
    return hasToken
      ? new CliFailure('the helper refused the token: it is wrong, or no longer valid', {
          hint: 'give one that its configuration names: cd-helper login, or CD_HELPER_API_TOKEN',
        })
      : new CliFailure('the helper wants a token', {
          hint: 'keep one with cd-helper login, or give it as CD_HELPER_API_TOKEN',
        });
  }
  if (status === 403) {
    return new CliFailure('the token may look, and not act', {
      hint: 'this needs a token with the role operator; cd-helper whoami tells which one this is',
    });
  }
  if (status === 404 && problem.detail.startsWith('no cluster is named ')) {
    return new CliFailure(problem.detail, { status: EXIT.wrongUse });
  }
  if (status === 404 && ALWAYS_THERE.test(path)) {
    return new CliFailure(`a helper answers at ${url}, but has nothing there`, { hint: BASE_PATH });
  }
  const more = problem.errors === '' ? '' : ` (${problem.errors})`;
  return new CliFailure(`${problem.detail}${more}`, {
    mayPass: status === 503,
    ...(problem.type === 'invalid-request' ? { status: EXIT.wrongUse } : {}),
  });
};

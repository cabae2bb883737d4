import { printable } from '../output/cell-text.ts';
import { CliFailure, EXIT, wrongUse } from '../terminal/exit-status.ts';

export type BadAnswer = {
  readonly url: string;
  readonly path: string;
  readonly status: number;
  /** The parsed body; undefined if it is not JSON. */
  readonly answer: unknown;
  /** The target of a redirect. */
  readonly location: string | null;
  readonly hasToken: boolean;
  readonly shows: 'token' | 'hook secret';
};

const BASE_PATH = 'check the address: the base path may be missing, as in https://host/cd-helper';
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

const REDIRECTIONS: readonly number[] = [301, 302, 303, 307, 308];

/** The base address that a redirect leads to; null if it is not a usable address of a helper. */
const redirectedTo = ({ url, path, status, location }: BadAnswer): string | null => {
  if (!REDIRECTIONS.includes(status) || location === null) return null;
  if (!URL.canParse(location, `${url}/`)) return null;
  const { origin, pathname } = new URL(location, `${url}/`);
  return /^https?:/.test(origin) && pathname.endsWith(path)
    ? `${origin}${pathname.slice(0, -path.length)}`
    : null;
};

/** The failure that an unexpected answer stands for. */
export const answerFailure = (bad: BadAnswer): CliFailure => {
  const { url, status, answer, hasToken, shows } = bad;
  const elsewhere = redirectedTo(bad);
  if (elsewhere !== null) {
    return new CliFailure(printable(`${url} leads to ${elsewhere}`), {
      hint: printable(`to send the token there, use --url ${elsewhere}`),
    });
  }
  const problem = asProblem(answer);
  if (problem === null) {
    if (status >= 502 && status <= 504) {
      return new CliFailure(
        `a proxy at ${url} answers that it cannot reach the helper (${status})`,
        { hint: 'is the helper running? docker service ps cd-helper_cd-helper', mayPass: true },
      );
    }
    return new CliFailure(`${url} answers (${status}), but it is not a helper`, {
      hint: BASE_PATH,
    });
  }
  if (status === 401 && shows === 'hook secret') {
    return new CliFailure('Invalid or missing webhook secret', {
      hint: 'use one from the configuration of that helper',
    });
  }
  if (status === 401) {
    return hasToken
      ? new CliFailure('the helper refused the token: it is wrong or has expired', {
          hint: 'sign in with cd-helper login, or set CD_HELPER_API_TOKEN',
        })
      : new CliFailure('the helper requires a token', {
          hint: 'sign in with cd-helper login, or set CD_HELPER_API_TOKEN',
        });
  }
  if (status === 403 && shows === 'token' && problem.type === 'role-too-low') {
    return new CliFailure('the token is read-only', {
      hint: `${problem.detail}; cd-helper whoami shows which token this is`,
    });
  }
  if (problem.type === 'no-such-address') {
    return new CliFailure(`the helper at ${url} has nothing at this path`, { hint: BASE_PATH });
  }
  if (problem.type === 'not-found') return wrongUse(problem.detail);
  const more = problem.errors === '' ? '' : ` (${problem.errors})`;
  return new CliFailure(`${problem.detail}${more}`, {
    mayPass: status === 503 || problem.type === 'too-many-waits',
    code: problem.type,
    ...(problem.type === 'invalid-request' ? { status: EXIT.wrongUse } : {}),
  });
};

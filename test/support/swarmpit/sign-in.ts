import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { ok, type SwarmpitAnswer, withError } from './answer.ts';

export type Role = 'admin' | 'viewer';
export type TokenState = 'valid' | 'expired' | 'invalid' | 'discarded' | 'rejected';
type Token = { readonly role: Role; state: TokenState };

const USER = { name: 'admin', password: 'correct horse' };
const DAY_SECONDS = 86_400;

/** A refusal by one of the two layers that mark their answers. */
export const refused = (status: 401 | 403, error: string): SwarmpitAnswer => ({
  ...withError(status, error),
  isMarked: true,
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** The value already has its prefix. Requests without it are refused. */
const makeToken = (claims: object): string =>
  `Bearer ${encode({ alg: 'HS256' })}.${encode({ ...claims, jti: randomUUID() })}.c2ln`;

/**
 * Swarmpit's tokens. A token from `/login` is valid for a day, an API token for ever or for the given number of days.
 */
export const createTokens = (apiTokenDays: number | null) => {
  const tokens = new Map<string, Token>();
  let apiToken: string | null = null;

  const issue = (role: Role, iss: string, days: number | null): string => {
    const iat = Math.floor(Date.now() / 1000);
    const exp = days === null ? {} : { exp: iat + days * DAY_SECONDS };
    const value = makeToken({ iss, iat, ...exp, usr: { username: role, role } });
    tokens.set(value, { role, state: 'valid' });
    return value;
  };
  const setState = (value: string, state: TokenState): void => {
    const token = tokens.get(value);
    if (token !== undefined) token.state = state;
  };

  return {
    setState,
    issueFor: (role: Role): string => issue(role, 'swarmpit-api', apiTokenDays),
    /** Like `POST /api-token`: discards the previous token. */
    issueApiToken: (): string => {
      if (apiToken !== null) setState(apiToken, 'discarded');
      apiToken = issue('admin', 'swarmpit-api', apiTokenDays);
      return apiToken;
    },
    login: (request: IncomingMessage): SwarmpitAnswer => {
      const header = request.headers.authorization;
      if (header === undefined) return withError(400, 'Missing token');
      const given = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString('utf8');
      if (given !== `${USER.name}:${USER.password}`) {
        return withError(401, 'The username or password you entered is incorrect.');
      }
      return ok({ token: issue('admin', 'swarmpit', 1) });
    },
    /** The role of the client, or the refusal. */
    check: (request: IncomingMessage): Role | SwarmpitAnswer => {
      const header = request.headers.authorization;
      if (header === undefined || !header.startsWith('Bearer ')) {
        return refused(401, 'Authentication failed');
      }
      const token = tokens.get(header);
      if (token === undefined) return refused(401, 'Token invalid');
      return token.state === 'valid' ? token.role : refused(401, `Token ${token.state}`);
    },
  };
};

export type Tokens = ReturnType<typeof createTokens>;

import type { IncomingMessage } from 'node:http';
import { randomUUID } from 'node:crypto';

/** An answer of Swarmpit; `own` ones carry `X-Backend-Server: swarmpit`, relayed ones do not. */
export type SwarmpitAnswer = {
  readonly status: number;
  /** Undefined for an empty body. */
  readonly body?: unknown;
  readonly own: boolean;
};

export const own = (status: number, error: string): SwarmpitAnswer => ({
  status,
  body: { error },
  own: true,
});

export type Role = 'admin' | 'viewer';
type Token = { readonly role: Role; state: 'valid' | 'expired' | 'revoked' };

const USER = { name: 'admin', password: 'correct horse' };

/** Swarmpit's tokens: values already have the prefix, and requests without it are refused. */
export const createTokens = () => {
  const tokens = new Map<string, Token>();
  let apiToken: string | null = null;

  const issue = (role: Role): string => {
    const value = `Bearer ey.${randomUUID()}.sig`;
    tokens.set(value, { role, state: 'valid' });
    return value;
  };

  return {
    issue,
    /** As `POST /api-token` does: replaces the earlier one. */
    issueApiToken: (): string => {
      if (apiToken !== null) tokens.delete(apiToken);
      apiToken = issue('admin');
      return apiToken;
    },
    setState: (value: string, state: Token['state']): void => {
      const token = tokens.get(value);
      if (token !== undefined) token.state = state;
    },
    login: (request: IncomingMessage): SwarmpitAnswer => {
      const header = request.headers.authorization;
      if (header === undefined) return own(400, 'Missing token');
      const given = Buffer.from(header.replace(/^Basic /, ''), 'base64').toString('utf8');
      if (given !== `${USER.name}:${USER.password}`) {
        return own(401, 'The username or password you entered is incorrect.');
      }
      return { status: 200, body: { token: issue('admin') }, own: true };
    },
    /** The role of who asks, or the refusal. */
    check: (request: IncomingMessage): Role | SwarmpitAnswer => {
      const header = request.headers.authorization;
      if (header === undefined || !header.startsWith('Bearer ')) {
        return own(401, 'Authentication failed');
      }
      const token = tokens.get(header);
      if (token === undefined) return own(401, 'Token invalid');
      return token.state === 'valid' ? token.role : own(401, `Token ${token.state}`);
    },
  };
};

import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { hasRole, type Role, ROLES } from '../../core/contract/role.ts';
import { hasExpired } from '../../core/token-expiry.ts';
import { addressOf } from './address-of.ts';
import { type CookiePlace, readSessionCookies } from './cookie.ts';
import type { FailureAnswer } from './failed-sign-in.ts';
import { createHashMatcher } from './match-secret.ts';
import type { ApiToken, Sessions } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import type { OriginCheck } from './refuse-other-sites.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The token of the client, once signed in. */
    apiToken: ApiToken | null;
    /** The session that proved it; null if the client sent a token. */
    session: { readonly id: string; readonly expiresAt: string } | null;
  }
}

const BEARER = /^Bearer +(\S+) *$/i;
const READS = new Set(['GET', 'HEAD']);

type Options = {
  readonly tokens: readonly ApiToken[];
  readonly sessions: Sessions;
  readonly failed: FailureAnswer;
  readonly checkOrigin: OriginCheck;
  readonly placeOf: (request: FastifyRequest) => CookiePlace;
  readonly now: () => number;
};

/**
 * Admits clients that send a token with the role, or a higher one, or a session that was opened with one. A session may
 * act only from our own page. A token needs no such check, because browsers do not send it automatically.
 */
export const createSignIn = ({
  tokens,
  sessions,
  failed,
  checkOrigin,
  placeOf,
  now,
}: Options): ((role: Role) => onRequestHookHandler) => {
  const match = createHashMatcher(tokens);

  const admit = (request: FastifyRequest, token: ApiToken, role: Role): Problem | undefined => {
    if (hasExpired(token.expiresAt, now())) {
      // A client that sends it knew the right token, so there is nothing to hide.
      return new Problem(401, 'token-expired', `this token expired at ${token.expiresAt}`, {
        headers: { 'www-authenticate': 'Bearer realm="cd-helper", error="invalid_token"' },
      });
    }
    if (!hasRole(token.role, role)) {
      const roles = ROLES.filter((one) => hasRole(one, role)).join(' or ');
      return new Problem(403, 'role-too-low', `this needs a token of the role ${roles}`);
    }
    request.apiToken = token;
    return undefined;
  };

  const bySession = async (
    request: FastifyRequest,
    ids: readonly string[],
    role: Role,
  ): Promise<Problem | undefined> => {
    if (!READS.has(request.method)) {
      const problem = checkOrigin(request);
      if (problem !== null) return problem;
    }
    for (const id of ids) {
      const session = await sessions.use(id);
      if (session === null) continue;
      request.session = { id, expiresAt: session.expiresAt };
      return admit(request, session.token, role);
    }
    // An id is too long to guess: an unknown one has ended, which does not count as a failure.
    return new Problem(401, 'session-ended', 'the session has ended: sign in again');
  };

  return (role) => (request, _reply, next) => {
    const { authorization, cookie } = request.headers;
    const ids = authorization === undefined ? readSessionCookies(cookie, placeOf(request)) : [];
    if (ids.length > 0) {
      const answer = (problem: Error | undefined): void => next(problem);
      void bySession(request, ids, role).then(answer, answer);
      return;
    }
    const shown = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    const token = shown === undefined ? null : match(shown);
    next(token === null ? failed(addressOf(request)) : admit(request, token, role));
  };
};

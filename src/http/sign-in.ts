import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { FailureAnswer } from './failed-sign-in.ts';
import { createHashMatcher } from './match-secret.ts';
import type { ApiToken, Role } from './ports.ts';
import { Problem } from './problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, once signed in. */
    apiToken: ApiToken | null;
  }
}

const BEARER = /^Bearer +(\S+) *$/i;

/** Lets in who shows a token of the role, or of one above it. */
export const createSignIn = (
  tokens: readonly ApiToken[],
  failed: FailureAnswer,
): ((role: Role) => onRequestHookHandler) => {
  const match = createHashMatcher(tokens);
  const find = ({ headers: { authorization } }: FastifyRequest): ApiToken | null => {
    const shown = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1];
    return shown === undefined ? null : match(shown);
  };
  return (role) => (request, _reply, next) => {
    const token = find(request);
    if (token === null) return next(failed(request.ip));
    if (role === 'operator' && token.role !== 'operator') {
      return next(new Problem(403, 'role-too-low', 'this needs a token of the role operator'));
    }
    request.apiToken = token;
    return next();
  };
};

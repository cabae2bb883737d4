import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { SESSION_LONGEST_MS } from '../core/session.ts';
import { hasExpired } from '../core/token-expiry.ts';
import { addressOf } from './address-of.ts';
import { built } from './built.ts';
import { printSessionCookie, readSessionCookie } from './cookie.ts';
import type { FailureAnswer } from './failed-sign-in.ts';
import { LIMITS } from './limits.ts';
import { createHashMatcher } from './match-secret.ts';
import type { ApiToken, ServerDeps } from './ports.ts';
import { Problem } from './problem.ts';
import type { OriginCheck } from './refuse-other-sites.ts';
import { problemAnswers } from './schemas/problem.ts';
import { SessionSchema, SignInSchema } from './schemas/session.ts';

type Deps = Pick<ServerDeps, 'apiTokens' | 'sessions' | 'basePath' | 'version' | 'now'> & {
  readonly checkOrigin: OriginCheck;
  readonly failed: FailureAnswer;
  readonly viewer: onRequestHookHandler;
};

const SECONDS = SESSION_LONGEST_MS / 1000;
const tags = ['session'];
const noContent = z.undefined();

/** Signing in to the dashboard, and out of it. */
export const createSessionRoutes = (deps: Deps): FastifyPluginAsyncZod => {
  const { sessions, basePath, viewer } = deps;
  const match = createHashMatcher(deps.apiTokens);

  const setCookie = (
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    seconds: number,
  ): FastifyReply => {
    const isSecure = request.protocol === 'https';
    return reply.header('set-cookie', printSessionCookie(id, { basePath, isSecure, seconds }));
  };

  const show = (token: ApiToken, expiresAt: string | null) => ({
    name: token.name,
    role: token.role,
    scope: token.scope,
    tokenExpiresAt: token.expiresAt,
    expiresAt,
    version: deps.version.version,
  });

  return async (app) => {
    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store');
    });
    app.post(
      '/session',
      {
        bodyLimit: LIMITS.signInBody,
        onRequest: async (request) => {
          const problem = deps.checkOrigin(request);
          if (problem !== null) throw problem;
        },
        schema: {
          tags,
          security: [],
          summary: 'Sign in with a token: the answer sets the cookie of a session',
          body: SignInSchema,
          response: { 200: SessionSchema, ...problemAnswers(400, 401, 403, 429, 501) },
        },
      },
      async (request, reply) => {
        const token = match(request.body.token);
        if (token === null) throw deps.failed(addressOf(request));
        if (hasExpired(token.expiresAt, deps.now())) {
          throw new Problem(401, 'token-expired', `this token expired at ${token.expiresAt}`);
        }
        const { open, end } = built(sessions);
        // Whoever signs in anew has no use for the session before.
        const before = readSessionCookie(request.headers.cookie);
        if (before !== null) await end(before, token, addressOf(request));
        const { id, expiresAt } = await open(token, addressOf(request));
        return setCookie(request, reply, id, SECONDS).send(show(token, expiresAt));
      },
    );
    app.get(
      '/session',
      {
        onRequest: (request, reply, done) => {
          const { authorization, cookie } = request.headers;
          // The page asks this before anybody has signed in: that is no failure to count.
          if (authorization === undefined && readSessionCookie(cookie) === null) {
            return done(new Problem(401, 'not-signed-in', 'nobody is signed in'));
          }
          return viewer.call(app, request, reply, done);
        },
        schema: {
          tags,
          summary: 'Who is signed in',
          response: { 200: SessionSchema, ...problemAnswers(401) },
        },
      },
      async ({ apiToken, session }) => {
        if (apiToken === null) throw new Error('not signed in after the sign-in');
        return show(apiToken, session?.expiresAt ?? null);
      },
    );
    app.delete(
      '/session',
      {
        onRequest: viewer,
        schema: {
          tags,
          summary: 'Sign out',
          response: { 204: noContent, ...problemAnswers(401, 403) },
        },
      },
      async (request, reply) => {
        const { apiToken, session } = request;
        if (apiToken !== null && session !== null) {
          await built(sessions).end(session.id, apiToken, addressOf(request));
          setCookie(request, reply, '', 0);
        }
        return reply.code(204).send();
      },
    );
    app.delete(
      '/sessions',
      {
        onRequest: viewer,
        schema: {
          tags,
          summary: 'Sign out everywhere: ends every session of the token',
          response: { 204: noContent, ...problemAnswers(401, 403, 501) },
        },
      },
      async (request, reply) => {
        const { apiToken } = request;
        if (apiToken !== null) await built(sessions).endAll(apiToken, addressOf(request));
        setCookie(request, reply, '', 0);
        return reply.code(204).send();
      },
    );
  };
};

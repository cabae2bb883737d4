import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { SESSION_LONGEST_MS } from '../../core/contract/session.ts';
import { hasExpired } from '../../core/token-expiry.ts';
import { addressOf } from '../sign-in/address-of.ts';
import { createCookiePlace, printSessionCookie, readSessionCookies } from '../sign-in/cookie.ts';
import type { FailureAnswer } from '../sign-in/failed-sign-in.ts';
import { LIMITS } from '../ports/limits.ts';
import { createHashMatcher } from '../sign-in/match-secret.ts';
import type { ApiToken, ServerDeps } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import type { OriginCheck } from '../sign-in/refuse-other-sites.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { createSignInLimit } from '../sign-in/sign-in-limit.ts';
import { SessionSchema, SignInSchema } from '../schemas/session.ts';

type Deps = Pick<
  ServerDeps,
  'apiTokens' | 'sessions' | 'basePath' | 'publicUrl' | 'version' | 'now'
> & {
  readonly checkOrigin: OriginCheck;
  readonly failed: FailureAnswer;
  readonly viewer: onRequestHookHandler;
};

const SECONDS = SESSION_LONGEST_MS / 1000;
const tags = ['session'];
const noContent = z.undefined();

/** Signing in to and out of the dashboard. */
export const createSessionRoutes = (deps: Deps): FastifyPluginAsyncZod => {
  const { sessions, viewer } = deps;
  const placeOf = createCookiePlace(deps);
  const shownBy = (request: FastifyRequest): readonly string[] =>
    readSessionCookies(request.headers.cookie, placeOf(request));
  const match = createHashMatcher(deps.apiTokens);
  const countSignIn = createSignInLimit(deps.now);

  const setCookie = (
    request: FastifyRequest,
    reply: FastifyReply,
    id: string,
    seconds: number,
  ): FastifyReply =>
    reply.header('set-cookie', printSessionCookie(id, { ...placeOf(request), seconds }));

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
          response: { 200: SessionSchema, ...problemAnswers(400, 401, 403, 429) },
        },
      },
      async (request, reply) => {
        const token = match(request.body.token);
        if (token === null) throw deps.failed(addressOf(request));
        if (hasExpired(token.expiresAt, deps.now())) {
          throw new Problem(401, 'token-expired', `this token expired at ${token.expiresAt}`);
        }
        const wait = countSignIn(token.name);
        if (wait !== null) {
          const headers = { 'retry-after': String(wait) };
          const detail =
            'this token has signed in too often: wait before the next, or show it itself';
          throw new Problem(429, 'too-many-sign-ins', detail, { headers });
        }
        const { open, end } = sessions;
        // A new sign-in replaces the previous session.
        for (const before of shownBy(request)) await end(before, addressOf(request));
        const { id, expiresAt } = await open(token, addressOf(request));
        return setCookie(request, reply, id, SECONDS).send(show(token, expiresAt));
      },
    );
    app.get(
      '/session',
      {
        onRequest: (request, reply, done) => {
          const { authorization } = request.headers;
          // The page asks this before a person has signed in, so it is not counted as a failure.
          if (authorization === undefined && shownBy(request).length === 0) {
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
        if (request.session !== null) {
          for (const id of shownBy(request)) await sessions.end(id, addressOf(request));
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
          response: { 204: noContent, ...problemAnswers(401, 403) },
        },
      },
      async (request, reply) => {
        const { apiToken } = request;
        if (apiToken !== null) await sessions.endAll(apiToken, addressOf(request));
        setCookie(request, reply, '', 0);
        return reply.code(204).send();
      },
    );
  };
};

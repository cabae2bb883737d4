import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { validatorCompiler } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { addressOf } from '../sign-in/address-of.ts';
import type { FailureAnswer } from '../sign-in/failed-sign-in.ts';
import { createHookGuard } from '../hooks/guard-hooks.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { Problem } from '../problem/problem.ts';
import { addHeaders, DATA_HEADERS } from '../server/safe-headers.ts';
import { OutcomeQuery, OutcomeSchema } from '../schemas/outcome.ts';
import { requireNoScope } from '../scope/require-no-scope.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { toProblem } from '../problem/to-problem.ts';
import type { AskQuestion } from './ask-outcome.ts';

const DESCRIPTION =
  'A long poll: with `wait`, the answer comes when nothing is pending or when the time is over. The status is 200 in both cases; see `state`.';

type Deps = ServerDeps & { readonly askOutcome: AskQuestion; readonly failed: FailureAnswer };

/**
 * `GET /hooks/outcome`, with the secret in a header, and `GET /hooks/{secret}/outcome`. Their addresses are never
 * logged or stored.
 */
export const createHookOutcomeRoutes =
  (deps: Deps): FastifyPluginAsyncZod =>
  async (app) => {
    const { askOutcome, failed, log } = deps;
    addHeaders(app, DATA_HEADERS);
    app.setValidatorCompiler(validatorCompiler);
    app.setSerializerCompiler(() => JSON.stringify);
    app.addHook('onRequest', createHookGuard(deps));
    app.addHook('onError', (request, _reply, error, done) => {
      const { status, code } = toProblem(error);
      const secret = request.hookSecret?.name ?? null;
      if (secret !== null)
        log.debug('outcome not sent', { address: addressOf(request), secret, status, code });
      done();
    });
    for (const [url, summary, params] of [
      ['/hooks/outcome', 'What became of a push; the secret is in a header', undefined],
      [
        '/hooks/:secret/outcome',
        'The same with the secret in the address, which CI systems and proxies log',
        z.object({ secret: z.string() }),
      ],
    ] as const) {
      app.get(
        url,
        {
          exposeHeadRoute: false,
          schema: {
            tags: ['hooks'],
            summary,
            description: DESCRIPTION,
            querystring: OutcomeQuery,
            ...(params === undefined ? {} : { params }),
            response: { 200: OutcomeSchema, ...problemAnswers(400, 401, 403, 404, 429) },
          },
        },
        async (request, reply) => {
          const secret = request.hookSecret;
          // A signature covers a body, and there is none.
          if (secret === null) throw failed(addressOf(request));
          return askOutcome(request.query, { kind: 'secret', secret }, reply);
        },
      );
    }
  };

/** `GET /outcome` of the API. */
export const createApiOutcomeRoute =
  (askOutcome: AskQuestion): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/outcome',
      {
        // It is one answer for all services of the push.
        onRequest: requireNoScope,
        exposeHeadRoute: false,
        schema: {
          tags: ['deployments'],
          summary: 'What became of a push',
          description: DESCRIPTION,
          querystring: OutcomeQuery,
          response: { 200: OutcomeSchema, ...problemAnswers(400, 401, 403, 404, 429) },
        },
      },
      async (request, reply) => {
        const { apiToken } = request;
        if (apiToken === null) throw new Problem(401, 'not-signed-in', 'sign in first');
        return askOutcome(request.query, { kind: 'token', token: apiToken }, reply);
      },
    );
  };

import type { FastifyPluginCallback, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { addressOf } from '../sign-in/address-of.ts';
import { confirmOrigin } from './confirm-origin.ts';
import type { Failures } from '../sign-in/failed-sign-in.ts';
import { createHookGuard } from './guard-hooks.ts';
import { LIMITS } from '../ports/limits.ts';
import type { HookMetrics } from '../ports/metrics.ts';
import type { HookSecret, ServerDeps } from '../ports/ports.ts';
import type { Problem } from '../problem/problem.ts';
import { readBody } from '../body/read-body.ts';
import { HookAnswerSchema } from '../schemas/delivery.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { createBodyBudget } from '../body/body-budget.ts';
import { gatherWarnings } from '../server/gather-warnings.ts';
import { createDeliveryTaker } from './take-delivery.ts';
import { toProblem } from '../problem/to-problem.ts';

declare module 'fastify' {
  interface FastifyRequest {
    hookSecret: HookSecret | null;
  }
}

const NOTHING = Buffer.alloc(0);

/** `POST /hooks/{secret}` and `POST /hooks`. Their addresses are never logged or stored. */
export const createHookRoutes =
  (deps: ServerDeps, metrics: HookMetrics, failures: Failures): FastifyPluginCallback =>
  (app, _options, registered) => {
    const { failed } = failures;
    const warn = gatherWarnings(deps.log);
    const takeDelivery = createDeliveryTaker({ ...deps, metrics, failed });
    app.removeAllContentTypeParsers();
    const unproven = createBodyBudget(LIMITS.unprovenBodies);
    app.addContentTypeParser('*', (request, payload, done) => {
      const budget = request.hookSecret === null ? unproven : null;
      readBody(payload, { limit: LIMITS.hookBody, budget }, done);
    });
    // The senders validate the input, and the output is made here: no schema has to check either.
    app.setValidatorCompiler(() => () => true);
    app.setSerializerCompiler(() => JSON.stringify);
    app.addHook('onRequest', createHookGuard({ ...deps, failed }));
    /** Every refusal of an unproven request counts for its address, whatever the request claims to be. */
    const judge = (request: FastifyRequest, problem: Problem): Problem => {
      const isCounted = problem.status === 401 || problem.status === 429 || problem.status >= 500;
      if (isCounted || request.hookSecret !== null) return problem;
      return failures.refused(addressOf(request)) ?? problem;
    };
    app.setErrorHandler((error, request) => {
      const before = toProblem(error);
      const problem = judge(request, before);
      const { status, code } = problem;
      metrics.refused(status);
      // Requests without a valid secret were already logged, with a rate limit.
      if (before.status !== 401 && before.status !== 429) {
        const secret = request.hookSecret?.name ?? null;
        warn('hook refused', { address: addressOf(request), secret, status, code });
      }
      // The general error handler logs unexpected errors.
      throw problem.status >= 500 ? error : problem;
    });
    const schema = {
      tags: ['hooks'],
      body: z.unknown().describe('Any JSON that the sender sends, at most 256 KiB.'),
      response: {
        200: HookAnswerSchema,
        202: HookAnswerSchema,
        ...problemAnswers(400, 401, 413, 415, 429, 503),
      },
    };
    for (const [url, summary, params] of [
      ['/hooks/:secret', 'A push, from any sender', z.object({ secret: z.string() })],
      ['/hooks', 'The same, for senders that sign or send a header', undefined],
    ] as const) {
      app.post(
        url,
        { schema: { ...schema, summary, ...(params === undefined ? {} : { params }) } },
        async (request, reply) => {
          const { status, answer } = await takeDelivery({
            address: addressOf(request),
            headers: request.headers,
            body: Buffer.isBuffer(request.body) ? request.body : NOTHING,
            shown: request.hookSecret,
          });
          return reply.code(status).send(answer);
        },
      );
      app.options(url, { schema: { hide: true } }, confirmOrigin);
    }
    registered();
  };

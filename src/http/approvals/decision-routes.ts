import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { byOf } from '../sign-in/by-of.ts';
import { addCompression } from '../server/compression.ts';
import type { Acts, ServerDeps } from '../ports/ports.ts';
import { addRequestKeys } from '../api/request-keys.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { ApproveSchema, RejectSchema, WaitingSchema } from '../schemas/waiting.ts';

const params = z.object({ cluster: z.string(), name: z.string() });
const keyOf = ({ cluster, name }: z.output<typeof params>) => ({ cluster, service: name });
const response = { 200: WaitingSchema, ...problemAnswers(400, 401, 403, 404, 409, 422) };

/** The actions of approvers. */
export const createDecisionRoutes =
  (
    {
      actsOf,
      requestKeys,
      log,
    }: Pick<ServerDeps, 'requestKeys' | 'log'> & {
      readonly actsOf: (request: FastifyRequest) => Acts;
    },
    approver: onRequestHookHandler,
  ): FastifyPluginAsyncZod =>
  async (app) => {
    app.addHook('onRequest', approver);
    addRequestKeys(app, requestKeys, log);
    addCompression(app);
    app.post(
      '/clusters/:cluster/services/:name/approve',
      {
        schema: {
          tags: ['waiting'],
          summary: 'Vote for what waits; one vote per person',
          description:
            'Answers what the service waits for with the vote counted. With enough votes and no other gate closed, it is deployed.',
          params,
          body: ApproveSchema.nullish(),
          response,
        },
      },
      (request) => {
        const options = { digest: request.body?.digest ?? null };
        return actsOf(request).approve(keyOf(request.params), options, byOf(request));
      },
    );
    app.post(
      '/clusters/:cluster/services/:name/reject',
      {
        schema: {
          tags: ['waiting'],
          summary: 'Hold what waits until another image is pushed or somebody releases the service',
          description: 'One person can reject. The answer is what waited.',
          params,
          body: RejectSchema,
          response,
        },
      },
      (request) => actsOf(request).reject(keyOf(request.params), request.body, byOf(request)),
    );
  };

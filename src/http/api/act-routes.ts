import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { Problem } from '../problem/problem.ts';
import { byOf, byWhileAsked } from '../sign-in/by-of.ts';
import { addCompression } from '../server/compression.ts';
import type { Acts, ServerDeps } from '../ports/ports.ts';
import { addRequestKeys } from './request-keys.ts';
import { requireNoScope } from '../scope/require-no-scope.ts';
import { DeliverySchema } from '../schemas/delivery.ts';
import { DeploymentSchema } from '../schemas/deployment.ts';
import { FreezeRequestSchema, FreezeSchema } from '../schemas/desk.ts';
import { inUtc } from '../schemas/list.ts';
import { ChannelTestsSchema, NotifyTestSchema } from '../schemas/notification.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { RunRequestSchema, RunSchema } from '../schemas/run.ts';
import { ServiceSchema } from '../schemas/service.ts';

const serviceParams = z.object({ cluster: z.string(), name: z.string() });
const byId = z.object({ id: z.string() });
const refusals = problemAnswers(400, 401, 403, 404, 409, 422, 502);
const EVERYTHING = RunRequestSchema.parse({});

const RedeploySchema = z
  .strictObject({
    force: z.boolean().default(false),
    skipGates: z.boolean().default(false).describe('Skips all gates of the service.'),
    reason: z
      .string()
      .trim()
      .min(1)
      .max(500)
      .nullable()
      .default(null)
      .describe('Why the gates are skipped; recorded and announced.'),
  })
  .refine(({ skipGates, reason }) => skipGates === (reason !== null), {
    path: ['reason'],
    error: 'a reason belongs to skipGates, and skipGates needs one',
  });

/** A digest, its beginning, or a number of steps back, which may be a JSON number. */
const RollbackSchema = z.strictObject({
  to: z
    .union([z.string().min(1).max(255), z.int().min(1).max(1_000_000)])
    .nullable()
    .default(null),
  force: z.boolean().default(false),
});

const keyOf = ({ cluster, name }: z.output<typeof serviceParams>) => ({ cluster, service: name });

/** The actions of operators. */
export const createActRoutes =
  (
    {
      actsOf,
      requestKeys,
      log,
    }: Pick<ServerDeps, 'requestKeys' | 'log'> & {
      readonly actsOf: (request: FastifyRequest) => Acts;
    },
    operator: onRequestHookHandler,
  ): FastifyPluginAsyncZod =>
  async (app) => {
    app.addHook('onRequest', operator);
    addRequestKeys(app, requestKeys, log);
    addCompression(app);
    app.post(
      '/smart-redeploy',
      {
        schema: {
          tags: ['runs'],
          summary: 'Check everything, or what is selected, and redeploy what is obsolete',
          body: RunRequestSchema.nullish(),
          response: { 200: RunSchema, 202: RunSchema, ...refusals },
        },
      },
      async (request, reply) => {
        const asked = request.body ?? EVERYTHING;
        // A dry run asks every registry. It ends with the answer, or when the client disconnects.
        const by = asked.dryRun ? byWhileAsked(request, reply) : byOf(request);
        const run = await actsOf(request).startRun(asked, by);
        // Nobody reads this answer, but the Idempotency-Key may be used again.
        if (asked.dryRun && by.signal.aborted) {
          throw new Problem(503, 'broken-off', 'nobody waited for the dry run any more');
        }
        const status = run.dryRun && run.endedAt !== null ? 200 : 202;
        return reply.code(status).send(run);
      },
    );
    const service = '/clusters/:cluster/services/:name';
    app.post(
      `${service}/check`,
      {
        schema: {
          tags: ['services'],
          summary: 'Check the service and its registry now',
          params: serviceParams,
          response: { 200: ServiceSchema, ...refusals },
        },
      },
      async (request) => actsOf(request).check(keyOf(request.params), byOf(request)),
    );
    app.post(
      `${service}/redeploy`,
      {
        schema: {
          tags: ['services'],
          summary:
            'Deploy what is published; with "force" although nothing differs, with "skipGates" and a reason although gates are closed',
          params: serviceParams,
          body: RedeploySchema.nullish(),
          response: { 202: DeploymentSchema, ...refusals },
        },
      },
      async (request, reply) => {
        const { force = false, skipGates = false, reason = null } = request.body ?? {};
        const options = { force, skipGates: skipGates && reason !== null ? { reason } : null };
        const deployment = await actsOf(request).redeploy(
          keyOf(request.params),
          options,
          byOf(request),
        );
        return reply.code(202).send(deployment);
      },
    );
    app.post(
      `${service}/rollback`,
      {
        schema: {
          tags: ['services'],
          summary:
            'Go back to the last good image before, or to one that is named, and hold the present one; with "force" also to one that is held',
          params: serviceParams,
          body: RollbackSchema.nullish(),
          response: { 202: DeploymentSchema, ...refusals },
        },
      },
      async (request, reply) => {
        const to = request.body?.to ?? null;
        const force = request.body?.force ?? false;
        const options = { to: to === null ? null : String(to), force };
        const deployment = await actsOf(request).rollback(
          keyOf(request.params),
          options,
          byOf(request),
        );
        return reply.code(202).send(deployment);
      },
    );
    app.post(
      `${service}/release`,
      {
        schema: {
          tags: ['services'],
          summary: 'Lift the holds of the service',
          params: serviceParams,
          response: { 200: ServiceSchema, ...refusals },
        },
      },
      async (request) => actsOf(request).release(keyOf(request.params), byOf(request)),
    );
    app.post(
      '/deliveries/:id/replay',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['deliveries'],
          summary: 'Handle the pushes of a delivery once more',
          params: byId,
          response: { 202: DeliverySchema, ...refusals },
        },
      },
      async (request, reply) =>
        reply.code(202).send(await actsOf(request).replay(request.params.id, byOf(request))),
    );
    app.post(
      '/freezes',
      {
        schema: {
          tags: ['freezes'],
          summary: 'Stop automatic deployments for a while',
          body: FreezeRequestSchema,
          response: { 201: FreezeSchema, ...refusals },
        },
      },
      async (request, reply) => {
        const until = inUtc(request.body.until ?? undefined) ?? null;
        const freeze = await actsOf(request).freeze({ ...request.body, until }, byOf(request));
        return reply.code(201).send(freeze);
      },
    );
    app.post(
      '/notifications/test',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['notifications'],
          summary: 'Send a test message to all channels, or to one, now',
          body: NotifyTestSchema.nullish(),
          response: { 200: ChannelTestsSchema, ...refusals },
        },
      },
      async (request, reply) => {
        const channel = request.body?.channel ?? null;
        const items = await actsOf(request).testNotifications({ channel }, byOf(request));
        return reply.send({ items });
      },
    );
    app.delete(
      '/freezes/:id',
      {
        schema: {
          tags: ['freezes'],
          summary: 'Lift a freeze',
          params: byId,
          response: { 204: z.undefined(), ...refusals },
        },
      },
      async (request, reply) => {
        await actsOf(request).thaw(request.params.id, byOf(request));
        return reply.code(204).send();
      },
    );
  };

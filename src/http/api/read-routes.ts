import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { HEALTH_NAMES } from '../../core/health/health.ts';
import { DELIVERY_OUTCOMES } from '../../core/contract/list-filters.ts';
import {
  DEPLOYMENT_STATES,
  type DeploymentView,
  VERDICT_NAMES,
} from '../../core/contract/views.ts';
import { found } from '../problem/found.ts';
import type { Reads } from '../../core/contract/reads.ts';
import type { Role } from '../../core/contract/role.ts';
import { LIMITS } from '../ports/limits.ts';
import { DeliveryDetailSchema, DeliveryPageSchema } from '../schemas/delivery.ts';
import { DeploymentSchema } from '../schemas/deployment.ts';
import {
  filterText,
  filterTime,
  inUtc,
  listOf,
  paging,
  showPage,
  toPageRequest,
} from '../schemas/list.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { sharePerToken } from '../server/share-per-token.ts';
import { RunSchema, RunSummarySchema } from '../schemas/run.ts';
import { RollbackTargetsSchema, ServiceSchema } from '../schemas/service.ts';

const byId = z.object({ id: z.string() });
const notFound = problemAnswers(401, 404);
const notUnderstood = problemAnswers(400, 401);
const span = { since: filterTime, until: filterTime };

const shareSearch = sharePerToken(LIMITS.searchesOfToken, LIMITS.searchesWaiting);

/** Output of containers may contain anything, so only operators see it. */
const forRole = (deployment: DeploymentView, role: Role | undefined): DeploymentView =>
  role === 'operator' || deployment.failure === null
    ? deployment
    : { ...deployment, failure: { ...deployment.failure, log: [] } };

/** The API about services, deployments, deliveries and runs. Read-only. */
export const createReadRoutes =
  (readsOf: (request: FastifyRequest) => Reads): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/services',
      {
        schema: {
          tags: ['services'],
          summary: 'Services with their health and their verdicts',
          description:
            'Services that need somebody come first: `failing`, then `paused`, then `degraded`; the others follow by cluster, stack and name.',
          querystring: z.strictObject({
            ...paging,
            cluster: filterText,
            stack: filterText,
            verdict: z.enum(VERDICT_NAMES).optional(),
            health: z.enum(HEALTH_NAMES).optional(),
            image: filterText,
            q: filterText,
          }),
          response: { 200: listOf(ServiceSchema), ...notUnderstood },
        },
      },
      async (asked) => {
        const { limit, cursor, ...filter } = asked.query;
        return showPage(
          await readsOf(asked).listServices(filter, toPageRequest({ limit, cursor })),
        );
      },
    );
    app.get(
      '/clusters/:cluster/services/:name',
      {
        schema: {
          tags: ['services'],
          summary: 'One service',
          params: z.object({ cluster: z.string(), name: z.string() }),
          response: { 200: ServiceSchema, ...notFound },
        },
      },
      async (asked) => {
        const { cluster, name } = asked.params;
        return found(await readsOf(asked).readService(cluster, name), 'service');
      },
    );
    app.get(
      '/clusters/:cluster/services/:name/rollback',
      {
        schema: {
          tags: ['services'],
          summary: 'Possible targets of a rollback of the service',
          params: z.object({ cluster: z.string(), name: z.string() }),
          response: { 200: RollbackTargetsSchema, ...notFound },
        },
      },
      async (asked) => {
        const { cluster, name } = asked.params;
        return found(await readsOf(asked).readRollback(cluster, name), 'service');
      },
    );
    app.get(
      '/deployments',
      {
        schema: {
          tags: ['deployments'],
          summary: 'Deployments, the newest first',
          querystring: z.strictObject({
            ...paging,
            ...span,
            cluster: filterText,
            service: filterText,
            image: filterText,
            state: z.enum(DEPLOYMENT_STATES).optional(),
            digest: filterText.describe('The complete digest that it deploys.'),
            delivery: filterText.describe('Id of a delivery that caused or joined it.'),
            q: filterText,
          }),
          response: { 200: listOf(DeploymentSchema), ...problemAnswers(400, 401, 429) },
        },
      },
      async (asked) => {
        const { limit, cursor, since, until, ...rest } = asked.query;
        const role = asked.apiToken?.role;
        const filter = { ...rest, since: inUtc(since), until: inUtc(until) };
        const read = () => readsOf(asked).listDeployments(filter, toPageRequest({ limit, cursor }));
        const isSearch = (rest.q ?? '') !== '';
        const page = isSearch ? await shareSearch(asked.apiToken?.name ?? '', read) : await read();
        const items = page.items.map((deployment) => forRole(deployment, role));
        return showPage({ items, next: page.next });
      },
    );
    app.get(
      '/deployments/:id',
      {
        schema: {
          tags: ['deployments'],
          summary: 'One deployment with its steps',
          params: byId,
          response: { 200: DeploymentSchema, ...notFound },
        },
      },
      async (asked) => {
        const deployment = await readsOf(asked).readDeployment(asked.params.id);
        return forRole(found(deployment, 'deployment'), asked.apiToken?.role);
      },
    );
    app.get(
      '/deliveries',
      {
        schema: {
          tags: ['deliveries'],
          summary: 'Deliveries of senders with a push, the newest first',
          querystring: z.strictObject({
            ...paging,
            ...span,
            sender: filterText,
            secret: filterText,
            image: filterText.describe('Image of a push, with or without tag.'),
            outcome: z
              .enum(DELIVERY_OUTCOMES)
              .optional()
              .describe('What became of a push on some cluster, or of the delivery.'),
            ignored: z
              .enum(['true', 'false'])
              .optional()
              .describe('`true` also shows deliveries without a push.'),
          }),
          response: { 200: DeliveryPageSchema, ...notUnderstood },
        },
      },
      async (asked) => {
        const { limit, cursor, since, until, ...rest } = asked.query;
        const times = { since: inUtc(since), until: inUtc(until) };
        const filter = { ...rest, ...times, ignored: rest.ignored === 'true' };
        const page = toPageRequest({ limit, cursor });
        const deliveries = await readsOf(asked).listDeliveries(filter, page);
        return { ...showPage(deliveries), ignored: deliveries.ignored };
      },
    );
    app.get(
      '/deliveries/:id',
      {
        schema: {
          tags: ['deliveries'],
          summary: 'One delivery with its content, secrets removed',
          params: byId,
          response: { 200: DeliveryDetailSchema, ...notFound },
        },
      },
      async (asked) => found(await readsOf(asked).readDelivery(asked.params.id), 'delivery'),
    );
    app.get(
      '/runs',
      {
        schema: {
          tags: ['runs'],
          summary: 'Runs of SmartRedeploy, the newest first',
          querystring: z.strictObject(paging),
          response: { 200: listOf(RunSummarySchema), ...notUnderstood },
        },
      },
      async (asked) => showPage(await readsOf(asked).listRuns(toPageRequest(asked.query))),
    );
    app.get(
      '/runs/:id',
      {
        schema: {
          tags: ['runs'],
          summary: 'One run with its services',
          params: byId,
          response: { 200: RunSchema, ...notFound },
        },
      },
      async (asked) => found(await readsOf(asked).readRun(asked.params.id), 'run'),
    );
  };

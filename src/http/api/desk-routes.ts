import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { found } from '../problem/found.ts';
import { HOOK_PLACES } from '../../core/contract/hook-places.ts';
import type { Reads } from '../../core/contract/reads.ts';
import type { Page } from '../../core/contract/views.ts';
import { pageOf } from '../schemas/page-of.ts';
import type { ServerDeps } from '../ports/ports.ts';
import {
  ActionSchema,
  ClusterSchema,
  FreezeSchema,
  HookSecretSchema,
  InstanceSchema,
  QueueSchema,
  RegistrySchema,
  SenderSchema,
  StoreSchema,
} from '../schemas/desk.ts';
import { PolicySchema, ServicePoliciesSchema } from '../schemas/policy.ts';
import { WaitingSchema } from '../schemas/waiting.ts';
import { requireNoScope } from '../scope/require-no-scope.ts';
import {
  filterText,
  listOf,
  paging,
  showPage,
  toPageRequest,
  wholePaging,
} from '../schemas/list.ts';
import { problemAnswers } from '../schemas/problem.ts';

const refusals = problemAnswers(400, 401);

const whole = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  query: Parameters<typeof toPageRequest>[0],
): Page<T> => showPage(pageOf(items, keyOf, toPageRequest(query)));

/** The API about the helper itself: clusters, registries, freezes and the audit. */
export const createDeskRoutes =
  ({
    readsOf,
    senders,
    publicUrl,
    basePath,
  }: Pick<ServerDeps, 'senders' | 'publicUrl' | 'basePath'> & {
    readonly readsOf: (request: FastifyRequest) => Reads;
  }): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/clusters',
      {
        schema: {
          tags: ['clusters'],
          summary: 'Clusters, their health and what they can do',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(ClusterSchema), ...problemAnswers(400, 401) },
        },
      },
      async (asked) => whole(await readsOf(asked).listClusters(), ({ name }) => name, asked.query),
    );
    app.get(
      '/store',
      {
        schema: {
          tags: ['clusters'],
          summary: 'Whether the store can be written',
          response: { 200: StoreSchema, ...problemAnswers(401) },
        },
      },
      (asked) => readsOf(asked).readStore(),
    );
    app.get(
      '/registries',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['registries'],
          summary: 'Registries that were used, with the rest of their limits',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(RegistrySchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async (asked) =>
        whole(await readsOf(asked).listRegistries(), ({ host }) => host, asked.query),
    );
    app.get(
      '/instances',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['clusters'],
          summary: 'Processes of the helper that share the store, and what each works on',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(InstanceSchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async (asked) => {
        const { listInstances } = readsOf(asked);
        return whole(await listInstances(), ({ id }) => id, asked.query);
      },
    );
    app.get(
      '/queue',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['clusters'],
          summary: 'What waits for each cluster',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(QueueSchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async (asked) =>
        whole(await readsOf(asked).listQueue(), ({ cluster }) => cluster, asked.query),
    );
    app.get(
      '/hook-secrets',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['hooks'],
          summary: 'Names of the webhook secrets, and when each was last used',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(HookSecretSchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async (asked) =>
        whole(await readsOf(asked).listHookSecrets(), ({ name }) => name, asked.query),
    );
    app.get(
      '/senders',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['hooks'],
          summary: 'Kinds of senders, with the address for each and where to paste it',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(SenderSchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async ({ protocol, host, query }) => {
        const base = publicUrl ?? `${protocol}://${host}${basePath}`;
        const items = senders.map(({ name, signs }) => ({
          sender: name,
          place: HOOK_PLACES.find(({ sender }) => sender === name)?.place ?? name,
          signs,
          address: `${base}/hooks/{secret}`,
        }));
        return whole(items, ({ sender }) => sender, query);
      },
    );
    app.get(
      '/policies',
      {
        onRequest: requireNoScope,
        schema: {
          tags: ['services'],
          summary: 'Policies of the configuration, with their gates',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(PolicySchema), ...problemAnswers(400, 401, 403) },
        },
      },
      async (asked) =>
        whole(await readsOf(asked).listPolicies(), ({ source }) => source, asked.query),
    );
    app.get(
      '/clusters/:cluster/services/:name/policies',
      {
        schema: {
          tags: ['services'],
          summary: 'Which policies apply to the service, and the combined result',
          params: z.object({ cluster: z.string(), name: z.string() }),
          response: { 200: ServicePoliciesSchema, ...problemAnswers(401, 404, 502) },
        },
      },
      async (asked) => {
        const { cluster, name } = asked.params;
        return found(await readsOf(asked).readPolicies(cluster, name), 'service');
      },
    );
    app.get(
      '/waiting',
      {
        schema: {
          tags: ['waiting'],
          summary: 'Services that wait at a gate, with what they wait for',
          querystring: z.strictObject({
            ...wholePaging,
            cluster: filterText,
            stack: filterText,
            service: filterText.describe('Name or id.'),
          }),
          response: { 200: listOf(WaitingSchema), ...refusals },
        },
      },
      async (asked) =>
        showPage(await readsOf(asked).listWaiting(asked.query, toPageRequest(asked.query))),
    );
    app.get(
      '/freezes',
      {
        schema: {
          tags: ['freezes'],
          summary: 'Active freezes',
          querystring: z.strictObject(paging),
          response: { 200: listOf(FreezeSchema), ...refusals },
        },
      },
      async (asked) => showPage(await readsOf(asked).listFreezes(toPageRequest(asked.query))),
    );
    app.get(
      '/actions',
      {
        schema: {
          tags: ['actions'],
          summary: 'Who did what, the newest first',
          querystring: z.strictObject(paging),
          response: { 200: listOf(ActionSchema), ...refusals },
        },
      },
      async (asked) => showPage(await readsOf(asked).listActions(toPageRequest(asked.query))),
    );
  };

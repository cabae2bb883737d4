import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { built } from './built.ts';
import { HOOK_PLACES } from '../core/hook-places.ts';
import type { Page } from '../core/views.ts';
import { pageOf } from './page-of.ts';
import type { ServerDeps } from './ports.ts';
import {
  ActionSchema,
  ClusterSchema,
  FreezeSchema,
  HookSecretSchema,
  QueueSchema,
  RegistrySchema,
  SenderSchema,
  StoreSchema,
} from './schemas/desk.ts';
import { listOf, paging, showPage, toPageRequest, wholePaging } from './schemas/list.ts';
import { problemAnswers } from './schemas/problem.ts';

const refusals = problemAnswers(400, 401, 501);

const whole = <T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  query: Parameters<typeof toPageRequest>[0],
): Page<T> => showPage(pageOf(items, keyOf, toPageRequest(query)));

/** What the API shows of the helper itself: clusters, registries, freezes and the audit. */
export const createDeskRoutes =
  ({
    reads,
    senders,
    publicUrl,
    basePath,
  }: Pick<ServerDeps, 'reads' | 'senders' | 'publicUrl' | 'basePath'>): FastifyPluginAsyncZod =>
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
      async ({ query }) => whole(await reads.listClusters(), ({ name }) => name, query),
    );
    app.get(
      '/store',
      {
        schema: {
          tags: ['clusters'],
          summary: 'Whether what is accepted can be put on disk',
          response: { 200: StoreSchema, ...problemAnswers(401) },
        },
      },
      () => reads.readStore(),
    );
    app.get(
      '/registries',
      {
        schema: {
          tags: ['registries'],
          summary: 'Registries that were asked, with what is left of their limits',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(RegistrySchema), ...problemAnswers(400, 401) },
        },
      },
      async ({ query }) => whole(await reads.listRegistries(), ({ host }) => host, query),
    );
    app.get(
      '/queue',
      {
        schema: {
          tags: ['clusters'],
          summary: 'What waits for each cluster',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(QueueSchema), ...problemAnswers(400, 401) },
        },
      },
      async ({ query }) => whole(await reads.listQueue(), ({ cluster }) => cluster, query),
    );
    app.get(
      '/hook-secrets',
      {
        schema: {
          tags: ['hooks'],
          summary: 'Secrets of hooks by name, and when each was last used',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(HookSecretSchema), ...problemAnswers(400, 401) },
        },
      },
      async ({ query }) => whole(await reads.listHookSecrets(), ({ name }) => name, query),
    );
    app.get(
      '/senders',
      {
        schema: {
          tags: ['hooks'],
          summary: 'Kinds of senders, with the address that each is given and where',
          querystring: z.strictObject(wholePaging),
          response: { 200: listOf(SenderSchema), ...problemAnswers(400, 401) },
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
      '/freezes',
      {
        schema: {
          tags: ['freezes'],
          summary: 'Freezes that stand',
          querystring: z.strictObject(paging),
          response: { 200: listOf(FreezeSchema), ...refusals },
        },
      },
      async ({ query }) => showPage(await built(reads.listFreezes)(toPageRequest(query))),
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
      async ({ query }) => showPage(await built(reads.listActions)(toPageRequest(query))),
    );
  };

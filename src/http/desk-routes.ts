import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { built } from './built.ts';
import type { Reads } from '../core/reads.ts';
import { ActionSchema, ClusterSchema, FreezeSchema, RegistrySchema } from './schemas/desk.ts';
import { listOf, paging, showPage, toPageRequest } from './schemas/list.ts';
import { problemAnswers } from './schemas/problem.ts';

const refusals = problemAnswers(400, 401, 501);

/** What the API shows of the helper itself: clusters, registries, freezes and the audit. */
export const createDeskRoutes =
  (reads: Reads): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/clusters',
      {
        schema: {
          tags: ['clusters'],
          summary: 'Clusters, their health and what they can do',
          response: { 200: listOf(ClusterSchema), ...problemAnswers(401) },
        },
      },
      async () => ({ items: await reads.listClusters(), next: null }),
    );
    app.get(
      '/registries',
      {
        schema: {
          tags: ['registries'],
          summary: 'Registries that were asked, with what is left of their limits',
          response: { 200: listOf(RegistrySchema), ...problemAnswers(401) },
        },
      },
      async () => ({ items: await reads.listRegistries(), next: null }),
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

import type { FastifyRequest } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Reads } from '../../core/contract/reads.ts';
import { filterText } from '../schemas/list.ts';
import { OverviewSchema, TimelineSchema } from '../schemas/overview.ts';
import { problemAnswers } from '../schemas/problem.ts';

const MOST_DAYS = 30;

/** What the dashboard's overview shows. Read-only. */
export const createOverviewRoutes =
  (readsOf: (request: FastifyRequest) => Reads): FastifyPluginAsyncZod =>
  async (app) => {
    app.get(
      '/overview',
      {
        schema: {
          tags: ['overview'],
          summary: 'What fails, what is being deployed, what waits, and the last 30 days',
          response: { 200: OverviewSchema, ...problemAnswers(401) },
        },
      },
      (asked) => readsOf(asked).readOverview(),
    );
    app.get(
      '/timeline',
      {
        schema: {
          tags: ['overview'],
          summary: 'The last days as one lane per service: deployments, pushes and freezes',
          querystring: z.strictObject({
            q: filterText.describe('Words of the name, stack, cluster or image.'),
            cluster: filterText,
            service: filterText.describe('Name or id.'),
            days: z.coerce
              .number()
              .int()
              .min(1)
              .max(MOST_DAYS)
              .default(1)
              .describe('The length of the span.'),
          }),
          response: { 200: TimelineSchema, ...problemAnswers(400, 401, 502) },
        },
      },
      (asked) => readsOf(asked).readTimeline(asked.query),
    );
  };

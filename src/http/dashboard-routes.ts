import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { Problem } from './problem.ts';
import type { ServerDeps } from './ports.ts';
import { addHeaders, PAGE_HEADERS } from './safe-headers.ts';

/** Names of assets hold their content's hash, so what stands under one never changes. */
const ASSET_AGE = '365d';

/**
 * The dashboard as it was built into a folder: `/` is its page and `/assets/` what the page is made of,
 * each in the smallest form that was built and the browser takes.
 */
export const createDashboardRoutes =
  ({ basePath, dashboard }: Pick<ServerDeps, 'basePath' | 'dashboard'>): FastifyPluginAsync =>
  async (app) => {
    addHeaders(app, PAGE_HEADERS);
    const folder = dashboard ?? null;
    if (folder !== null) {
      app.register(fastifyStatic, {
        root: join(folder, 'assets'),
        prefix: '/assets/',
        index: false,
        dotfiles: 'ignore',
        preCompressed: true,
        immutable: true,
        maxAge: ASSET_AGE,
      });
    }
    app.get('/', { schema: { hide: true } }, async (request, reply) => {
      // The page names what it is made of relative to itself.
      if (!request.url.split('?', 1)[0]?.endsWith('/')) return reply.redirect(`${basePath}/`);
      if (folder === null) {
        throw new Problem(503, 'not-built', 'the dashboard is not built: run ./dev build');
      }
      return reply
        .header('cache-control', 'no-cache')
        .sendFile('index.html', folder, { cacheControl: false });
    });
  };

import { join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { addHeaders, PAGE_HEADERS } from './safe-headers.ts';
import { openStaticFiles } from './static-files.ts';

/** Names of assets hold their content's hash, so what stands under one never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * The dashboard as it was built into a folder: `/` is its page and `/assets/` what the page is made of,
 * each in the smallest form that was built and the browser takes.
 */
export const createDashboardRoutes =
  ({ basePath, dashboard }: Pick<ServerDeps, 'basePath' | 'dashboard'>): FastifyPluginAsync =>
  async (app) => {
    addHeaders(app, PAGE_HEADERS);
    const folder = dashboard ?? null;
    const page = folder === null ? null : openStaticFiles(folder);
    if (folder !== null) {
      const assets = openStaticFiles(join(folder, 'assets'));
      app.get('/assets/:name', { schema: { hide: true } }, (request, reply) => {
        const { name } = request.params as { readonly name: string };
        if (!assets(name, request, reply.header('cache-control', FOR_EVER))) {
          reply.removeHeader('cache-control').callNotFound();
        }
      });
    }
    app.get('/', { schema: { hide: true } }, (request: FastifyRequest, reply: FastifyReply) => {
      // The page names what it is made of relative to itself.
      if (!request.url.split('?', 1)[0]?.endsWith('/')) {
        void reply.redirect(`${basePath}/`);
        return;
      }
      const isSent = page?.('index.html', request, reply.header('cache-control', 'no-cache'));
      if (isSent !== true) {
        throw new Problem(503, 'not-built', 'the dashboard is not built: run ./dev build');
      }
    });
  };

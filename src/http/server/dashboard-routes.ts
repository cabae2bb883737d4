import { join } from 'node:path';
import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { addHeaders, PAGE_HEADERS } from './safe-headers.ts';
import { openStaticFiles } from './static-files.ts';

/** Names of assets contain a hash of their content, so the content of a name never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable';

/**
 * Serves the dashboard from a build folder: `/` is its page and `/assets/` its files, each in the smallest form that
 * was built and that the browser accepts.
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
      // The page refers to its files with relative paths.
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

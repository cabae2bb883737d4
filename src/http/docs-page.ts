import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyPluginAsync } from 'fastify';
import { addHeaders, PAGE_HEADERS } from './safe-headers.ts';

/**
 * `/docs`: the description of the API as a page on which it can be tried, from our own files alone. What is
 * tried from it acts with the session of the dashboard, or with the token that is typed in.
 */
export const createDocsPage =
  (basePath: string): FastifyPluginAsync =>
  async (app) => {
    addHeaders(app, PAGE_HEADERS);
    await app.register(fastifySwaggerUi, {
      routePrefix: '/docs',
      ...(basePath === '' ? {} : { indexPrefix: basePath }),
      // Without the bar in which another address could be asked for.
      uiConfig: { layout: 'BaseLayout', deepLinking: true, docExpansion: 'list' },
      theme: { title: 'doppler-cd-helper: API' },
    });
  };

import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyPluginAsync, FastifyRequest } from 'fastify';
import { addHeaders, PAGE_HEADERS } from './safe-headers.ts';
import { jsonAnswer, madeOnce, type SharedAnswer, sendShared } from './shared-answer.ts';
import { openStaticFiles } from './static-files.ts';

/** Swagger UI from its package. The package's own server would read each file from disk every time. */
const FILES = join(dirname(fileURLToPath(import.meta.resolve('@fastify/swagger-ui'))), 'static');

const pageAt = (place: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>doppler-cd-helper: API</title>
    <link rel="stylesheet" href="${place}/swagger-ui.css">
    <link rel="stylesheet" href="${place}/index.css">
    <link rel="icon" type="image/png" href="${place}/favicon-32x32.png" sizes="32x32">
    <link rel="icon" type="image/png" href="${place}/favicon-16x16.png" sizes="16x16">
  </head>
  <body>
    <div id="swagger-ui"></div>
    <script src="${place}/swagger-ui-bundle.js"></script>
    <script src="${place}/swagger-initializer.js"></script>
  </body>
</html>
`;

/** Without the bar for entering another address. */
const initializerFor = (address: string): string => `window.onload = () => {
  SwaggerUIBundle({
    url: ${JSON.stringify(address)},
    dom_id: '#swagger-ui',
    layout: 'BaseLayout',
    deepLinking: true,
    docExpansion: 'list',
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
};
`;

const text = (type: string, body: string): SharedAnswer => ({
  status: 200,
  type: `${type}; charset=utf-8`,
  body: Buffer.from(body),
});

/**
 * `/docs`: the API's description as a page for trying it, from our own files only. Its requests use the dashboard's
 * session, or the token that a person types in.
 */
export const createDocsPage =
  (basePath: string): FastifyPluginAsync =>
  async (app) => {
    addHeaders(app, PAGE_HEADERS);
    const schema = { hide: true };
    const files = openStaticFiles(FILES);
    const page = text('text/html', pageAt(`${basePath}/docs/static`));
    const initializer = text('text/javascript', initializerFor(`${basePath}/docs/json`));
    const inJson = madeOnce(() => jsonAnswer(app.swagger()));
    const inYaml = madeOnce(() => text('application/x-yaml', app.swagger({ yaml: true })));
    app.get('/openapi.json', { schema }, async (_request, reply) => sendShared(reply, inJson()));
    app.get('/docs', { schema }, async (_request, reply) => sendShared(reply, page));
    app.get('/docs/json', { schema }, async (_request, reply) => sendShared(reply, inJson()));
    app.get('/docs/yaml', { schema }, async (_request, reply) => sendShared(reply, inYaml()));
    app.get('/docs/static/swagger-initializer.js', { schema }, async (_request, reply) =>
      sendShared(reply, initializer),
    );
    app.get('/docs/static/:name', { schema }, (request: FastifyRequest, reply) => {
      const { name } = request.params as { readonly name: string };
      if (!files(name, request, reply)) reply.callNotFound();
    });
  };

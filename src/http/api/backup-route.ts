import type { Readable } from 'node:stream';
import type { onRequestHookHandler } from 'fastify';
import type { FastifyPluginAsyncZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { byOf } from '../sign-in/by-of.ts';
import type { ServerDeps } from '../ports/ports.ts';
import { problemAnswers } from '../schemas/problem.ts';
import { requireNoScope } from '../scope/require-no-scope.ts';

const TYPE = 'application/vnd.sqlite3';
const FILE = z.any().meta({ type: 'string', format: 'binary' });

/** `GET /backup`: everything in the store, as one file, for operators without a scope. */
export const createBackupRoute =
  ({ backUp }: Pick<ServerDeps, 'backUp'>, operator: onRequestHookHandler): FastifyPluginAsyncZod =>
  async (app) => {
    app.addHook('onRequest', operator);
    app.addHook('onRequest', requireNoScope);
    const sending = new Set<Readable>();
    // A slow client would delay the server's stop, and an incomplete backup is useless.
    app.addHook('preClose', async () => {
      for (const one of sending) one.destroy();
    });
    app.get(
      '/backup',
      {
        exposeHeadRoute: false,
        schema: {
          tags: ['store'],
          summary: 'A backup of the store as a SQLite file, for both kinds of store',
          description:
            'One moment of the store, made while the helper works; `cd-helper restore` reads it. Sign-ins, links that were sent and leases are left out. One is made at a time.',
          response: {
            200: { content: { [TYPE]: { schema: FILE } } },
            ...problemAnswers(401, 403, 409),
          },
        },
      },
      async (request, reply) => {
        const { content, bytes, at } = await backUp(byOf(request));
        sending.add(content);
        content.once('close', () => sending.delete(content));
        const name = `cd-helper-${at.replaceAll(/[:.]/g, '-')}.db`;
        return reply
          .headers({
            'content-type': TYPE,
            'content-length': bytes,
            'content-disposition': `attachment; filename="${name}"`,
            'cache-control': 'no-store',
          })
          .send(content);
      },
    );
  };

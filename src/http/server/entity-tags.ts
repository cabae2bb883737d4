import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Whether `If-None-Match` names the tag; weak and strong are the same here, as RFC 9110 has it. */
export const isNamed = (tag: string, ifNoneMatch: string): boolean =>
  ifNoneMatch.trim() === '*' ||
  ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);

/**
 * Gives every answer of `app` to a GET an ETag of its content, and answers 304 to those who have it. The
 * work of making the answer is not spared, the way to the client is. The tag is weak: it stands for what is
 * said, and the bytes depend on the compression.
 */
export const addEntityTags = (app: FastifyInstance): void => {
  app.addHook('onSend', async (request, reply, payload) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = `"${hash('sha256', payload, 'base64url')}"`;
    // What it is depends on who asks, and it is to be asked for again each time.
    reply.headers({
      etag: `W/${tag}`,
      'cache-control': 'private, no-cache',
      vary: 'authorization, cookie',
    });
    const known = request.headers['if-none-match'];
    if (known === undefined || !isNamed(tag, known)) return payload;
    reply.code(304).removeHeader('content-type');
    // Fastify measures what a HEAD does not send, and would send a length with no body at all.
    return request.method === 'HEAD' ? '' : null;
  });
};

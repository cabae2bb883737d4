import { hash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';

/** Whether `If-None-Match` names the tag. Weak and strong tags compare as equal, as RFC 9110 requires. */
export const isNamed = (tag: string, ifNoneMatch: string): boolean =>
  ifNoneMatch.trim() === '*' ||
  ifNoneMatch.split(',').some((one) => one.trim().replace(/^W\//, '') === tag);

/**
 * Adds an ETag of the content to every answer of `app` to a GET, and answers 304 if the client has it. This saves the
 * transfer, not the work of making the answer. The tag is weak: it represents the content, while the bytes depend on
 * the compression.
 */
export const addEntityTags = (app: FastifyInstance): void => {
  app.addHook('onSend', async (request, reply, payload) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead || reply.statusCode !== 200 || typeof payload !== 'string') return payload;
    const tag = `"${hash('sha256', payload, 'base64url')}"`;
    // The answer depends on the client's identity, and must be revalidated each time.
    reply.headers({
      etag: `W/${tag}`,
      'cache-control': 'private, no-cache',
      vary: 'authorization, cookie',
    });
    const known = request.headers['if-none-match'];
    if (known === undefined || !isNamed(tag, known)) return payload;
    reply.code(304).removeHeader('content-type');
    // Fastify computes the length of what a HEAD does not send, and would set a length without a body.
    return request.method === 'HEAD' ? '' : null;
  });
};

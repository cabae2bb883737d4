import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestKey, RequestKeys } from '../ports/ports.ts';
import { Problem, PROBLEM_TYPE } from '../problem/problem.ts';
import type { Log } from '../../core/log.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The key under which the answer is stored; null if it is not stored. */
    requestKey: RequestKey | null;
  }
}

const FORM = /^[\x21-\x7e]{1,255}$/;
const JSON_TYPE = 'application/json; charset=utf-8';
/** Only answers of dry runs are longer. They can be requested again without harm. */
const LONGEST_KEPT = 256 * 1024;

const keyOf = (request: FastifyRequest, key: string): RequestKey => ({
  actor: request.apiToken?.name ?? '',
  key,
  request: hash(
    'sha256',
    JSON.stringify([request.method, request.url, request.body ?? null]),
    'base64url',
  ),
});

/**
 * `Idempotency-Key` on every route of `app`, after
 * {@link https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/ the draft}: the same request with
 * the same key is carried out once and gets the same answer for a day. A failure of the helper (5xx) means that it was
 * not carried out and may be repeated.
 */
export const addRequestKeys = (app: FastifyInstance, keys: RequestKeys, log: Log): void => {
  app.decorateRequest('requestKey', null);

  app.addHook('preHandler', async (request, reply) => {
    const shown = request.headers['idempotency-key'];
    if (shown === undefined) return undefined;
    if (typeof shown !== 'string' || !FORM.test(shown)) {
      throw new Problem(400, 'invalid-request', 'the request is not as it should be', {
        errors: [{ path: 'Idempotency-Key', detail: '1 to 255 visible ASCII characters' }],
      });
    }
    const key = keyOf(request, shown);
    const seen = await keys.take(key);
    switch (seen.kind) {
      case 'new':
        request.requestKey = key;
        return undefined;
      case 'answered': {
        const { status, body } = seen.answer;
        reply.code(status).header('idempotency-replayed', 'true');
        return body === null
          ? reply.send()
          : reply.type(status >= 400 ? PROBLEM_TYPE : JSON_TYPE).send(body);
      }
      case 'other-request':
        throw new Problem(
          422,
          'key-of-another-request',
          'this Idempotency-Key was used for another request: take a new one',
        );
      case 'unfinished':
        throw new Problem(
          409,
          'request-under-way',
          'this request is under way, or was cut off when the helper stopped: look at what it did before you ask with another Idempotency-Key',
        );
      default:
        return seen satisfies never;
    }
  });

  app.addHook('onSend', async (request, reply, payload) => {
    const key = request.requestKey;
    if (key === null) return payload;
    const body = typeof payload === 'string' && payload !== '' ? payload : null;
    const isKept = reply.statusCode < 500 && (body?.length ?? 0) <= LONGEST_KEPT;
    try {
      await (isKept ? keys.keep(key, { status: reply.statusCode, body }) : keys.forget(key));
    } catch (error) {
      // The request was carried out anyway. The next request with this key learns that it may have been.
      log.error('answer not kept', { error });
    }
    return payload;
  });
};

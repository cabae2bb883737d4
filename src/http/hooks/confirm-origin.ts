import { isIP } from 'node:net';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Problem } from '../problem/problem.ts';

/** A host name as the specification requires: `eventgrid.azure.net`. */
const HOST = /^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,62})(?:\.[a-z0-9][a-z0-9-]{0,62})*$/i;

/**
 * Answers a sender of CloudEvents that asks for permission to send here, as Event Grid does first
 * ({@link https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md#4-abuse-protection abuse
 * protection}). This response is the answer: a callback address in the request is never called.
 */
export const confirmOrigin = (request: FastifyRequest, reply: FastifyReply): FastifyReply => {
  const origin = request.headers['webhook-request-origin'];
  if (origin === undefined) {
    throw new Problem(405, 'method-not-allowed', 'this address takes POST', {
      headers: { allow: 'POST' },
    });
  }
  if (typeof origin !== 'string' || !HOST.test(origin) || isIP(origin) !== 0) {
    throw new Problem(400, 'malformed-origin', 'WebHook-Request-Origin is no name of a host');
  }
  const wantsRate = request.headers['webhook-request-rate'] !== undefined;
  return reply
    .code(200)
    .headers({
      allow: 'POST',
      'webhook-allowed-origin': origin,
      ...(wantsRate ? { 'webhook-allowed-rate': '*' } : {}),
    })
    .send();
};

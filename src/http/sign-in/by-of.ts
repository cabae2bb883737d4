import type { FastifyReply, FastifyRequest } from 'fastify';
import { AskerGone } from '../../core/contract/asker-gone.ts';
import { addressOf } from './address-of.ts';
import { LIMITS } from '../ports/limits.ts';
import type { By } from '../ports/ports.ts';

const whoIs = (request: FastifyRequest): Omit<By, 'signal'> => ({
  actor: request.apiToken?.name ?? 'nobody',
  role: request.apiToken?.role ?? 'viewer',
  address: addressOf(request),
});

/** Who acts, as the sign-in found it; to be called after that. */
export const byOf = (request: FastifyRequest): By => ({
  ...whoIs(request),
  signal: AbortSignal.timeout(LIMITS.actTimeout),
});

/** The same for an act of any length that limits itself: it ends with the connection, by {@link AskerGone}. */
export const byWhileAsked = (request: FastifyRequest, reply: FastifyReply): By => {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort(new AskerGone());
  });
  return { ...whoIs(request), signal: gone.signal };
};

import type { FastifyReply, FastifyRequest } from 'fastify';
import { AskerGone } from '../../core/contract/asker-gone.ts';
import { addressOf } from './address-of.ts';
import { whileConnected } from '../server/while-connected.ts';
import { LIMITS } from '../ports/limits.ts';
import type { By } from '../ports/ports.ts';

const whoIs = (request: FastifyRequest): Omit<By, 'signal'> => ({
  actor: request.apiToken?.name ?? 'nobody',
  role: request.apiToken?.role ?? 'viewer',
  address: addressOf(request),
});

/** The identity found by the sign-in. Call it after that. */
export const byOf = (request: FastifyRequest): By => ({
  ...whoIs(request),
  signal: AbortSignal.timeout(LIMITS.actTimeout),
});

/** The same for a long-running action. Its signal aborts when the client disconnects, with {@link AskerGone}. */
export const byWhileAsked = (request: FastifyRequest, reply: FastifyReply): By => ({
  ...whoIs(request),
  signal: whileConnected(reply, () => new AskerGone()),
});

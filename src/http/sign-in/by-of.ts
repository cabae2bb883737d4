import type { FastifyRequest } from 'fastify';
import { addressOf } from './address-of.ts';
import { LIMITS } from '../ports/limits.ts';
import type { By } from '../ports/ports.ts';

/** Who acts, as the sign-in found it; to be called after that. */
export const byOf = (request: FastifyRequest): By => ({
  actor: request.apiToken?.name ?? 'nobody',
  role: request.apiToken?.role ?? 'viewer',
  address: addressOf(request),
  signal: AbortSignal.timeout(LIMITS.actTimeout),
});

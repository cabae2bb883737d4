import type { FastifyRequest } from 'fastify';
import type { Reads } from '../../core/contract/reads.ts';
import type { Acts, ServerDeps } from '../ports/ports.ts';
import { limitActs } from './limit-acts.ts';

type Asking = Pick<FastifyRequest, 'apiToken'>;

/** What a client may see and do, according to the scope of its token. */
export const createScopes = ({
  reads,
  readsWithin,
  acts,
}: Pick<ServerDeps, 'reads' | 'readsWithin' | 'acts'>): {
  readonly readsOf: (request: Asking) => Reads;
  readonly actsOf: (request: Asking) => Acts;
} => {
  const readsOf = ({ apiToken }: Asking): Reads => {
    const scope = apiToken?.scope ?? null;
    if (apiToken === null || scope === null) return reads;
    return readsWithin(scope, apiToken.name);
  };
  return {
    readsOf,
    actsOf: (request) => {
      const scope = request.apiToken?.scope ?? null;
      return scope === null ? acts : limitActs(acts, readsOf(request), scope);
    },
  };
};

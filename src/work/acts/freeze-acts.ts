import { ActRefused } from '../../core/contract/act-refused.ts';
import type { FreezeView } from '../../core/contract/views.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { freezeByPerson, thawByPerson } from '../../store/acts/person-acts.ts';
import type { Clock } from '../loop/clock.ts';

export type FreezeActsDeps = {
  /** Names of the configured clusters. */
  readonly clusters: readonly string[];
  readonly db: Db;
  readonly clock: Clock;
  /** Ids that sort by time. */
  readonly newId: () => string;
  /** Wakes the work of this cluster: a check waits in the store. */
  readonly wake: (cluster: string) => void;
};

export type FreezeRequest = {
  readonly cluster: string | null;
  readonly stack: string | null;
  readonly service: string | null;
  readonly reason: string;
  /** RFC 3339. */
  readonly until: string | null;
};

type By = { readonly actor: string; readonly address?: string };

export type FreezeActs = {
  readonly freeze: (request: FreezeRequest, by: By) => Promise<FreezeView>;
  readonly thaw: (id: string, by: By) => Promise<void>;
};

/** Stops deployments for a while. Pushes are kept; after the thaw, only the newest is deployed. */
export const createFreezeActs = (deps: FreezeActsDeps): FreezeActs => {
  const { db, clock, newId } = deps;
  return {
    freeze: async (request, { actor, address }) => {
      const now = clock.now();
      const until = request.until === null ? null : Date.parse(request.until);
      if (request.cluster !== null && !deps.clusters.includes(request.cluster)) {
        const text = `there is no cluster ${request.cluster}; there is ${deps.clusters.join(', ')}`;
        throw new ActRefused('not-found', text);
      }
      for (const part of ['stack', 'service'] as const) {
        // Such a freeze would silently hold nothing.
        if (/[*?]/.test(request[part] ?? '')) {
          const text = `${part}: a freeze takes a name, not a pattern; leave it out to freeze everything`;
          throw new ActRefused('invalid-request', text);
        }
      }
      if (until !== null && until <= now)
        throw new ActRefused('invalid-request', 'until: the time is in the past');
      const { cluster, stack, service, reason } = request;
      const id = newId();
      const target = [cluster ?? '*', stack ?? '*', service ?? '*'].join('/');
      const detail = { freeze: id, reason, until: request.until };
      const action = {
        id: newId(),
        actor,
        address: address ?? null,
        action: 'freeze',
        target,
        detail,
      };
      return freezeByPerson(db, { ...request, id, by: actor, until }, action, now);
    },
    thaw: async (id, { actor, address }) => {
      const now = clock.now();
      const by = { id: newId(), actor, address: address ?? null };
      const action = { ...by, action: 'thaw', target: id, detail: {} };
      if (!(await thawByPerson(db, id, action, now))) {
        throw new ActRefused('not-found', `no freeze ${id} stands`);
      }
      deps.clusters.forEach(deps.wake);
    },
  };
};

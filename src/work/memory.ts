import { readFreezes } from '../store/freezes.ts';
import { readHolds } from '../store/holds.ts';
import { activeDeployments } from '../store/deployments.ts';
import type { Db } from '../store/open-store.ts';
import { knownDigest, readProven } from '../store/proven.ts';
import type { Memory } from './check-services.ts';

/** Reads what the store remembers of a cluster's services, for one look or run. */
export const readMemory = async (db: Db, cluster: string, now: number): Promise<Memory> => {
  const [hold, freeze, proven, active] = await Promise.all([
    readHolds(db, cluster),
    readFreezes(db, cluster, now),
    readProven(db, cluster),
    activeDeployments(db, cluster),
  ]);
  return {
    hold: (service, digest) => freeze(service) ?? hold(service, digest),
    knownDigest: (service) => knownDigest(service, proven.get(service.id)),
    updateIsOurs: (service) => active.has(service.id),
    ownTarget: (service) => {
      const intent = active.get(service.id)?.intent ?? null;
      // What is known not to have been carried out is decided again, by what is published then.
      return intent === null || intent.refuted ? null : intent.target;
    },
  };
};

import type { Digest } from '../core/digest.ts';
import type { Service } from '../core/service.ts';
import type { Hold } from '../core/verdict.ts';
import { wentBack } from '../core/went-back.ts';
import { readFreezes } from '../store/freezes.ts';
import { readHolds, readReleases } from '../store/holds.ts';
import { activeDeployments } from '../store/deployments.ts';
import type { Db } from '../store/open-store.ts';
import { readMembers } from '../store/seen-indexes.ts';
import { knownDigest, readProven } from '../store/proven.ts';
import type { Memory } from './check-services.ts';

/** Reads what the store remembers of a cluster's services, for one look or run. */
export const readMemory = async (db: Db, cluster: string, now: number): Promise<Memory> => {
  const [hold, releasedAt, freeze, proven, active] = await Promise.all([
    readHolds(db, cluster),
    readReleases(db, cluster),
    readFreezes(db, cluster, now),
    readProven(db, cluster),
    activeDeployments(db, cluster),
  ]);
  /** That on a digest which was left by the engine's own means, unless it was released since it was brought. */
  const leftHold = (service: Service, digest: Digest): Hold | null => {
    const left = wentBack(service);
    const last = proven.get(service.id);
    if (left === null || last?.digest !== digest || active.has(service.id)) return null;
    return (releasedAt(service.id, digest) ?? 0) > last.at ? null : left;
  };
  return {
    hold: (service, digest) =>
      freeze(service) ?? hold(service, digest) ?? leftHold(service, digest),
    knownDigest: (service) => knownDigest(service, proven.get(service.id)),
    updateIsOurs: (service) => active.has(service.id),
    ownTarget: (service) => {
      const intent = active.get(service.id)?.intent ?? null;
      // What is known not to have been carried out is decided again, by what is published then.
      return intent === null || intent.refuted ? null : intent.target;
    },
    membersOf: (digest) => readMembers(db, digest),
  };
};

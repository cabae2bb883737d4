import type { Digest } from '../../core/image/digest.ts';
import type { HealthView } from '../../core/health/health.ts';
import { type Service, specDigest, type Task } from '../../core/swarm/service.ts';
import { activeDeployments } from '../../store/deployments/deployments.ts';
import { countChanges } from '../../store/notices/events.ts';
import { type LastEnd, readLastEnds } from '../../store/health/read-last-ends.ts';
import { type FindHold, readHolds } from '../../store/holds/holds.ts';
import type { Db } from '../../store/sqlite/open-store.ts';

/** What the store says of a cluster's services. */
export type HealthRecord = {
  readonly isOurs: (serviceId: string) => boolean;
  readonly last: (serviceId: string) => LastEnd | null;
  /** Whether the spec or one of these tasks has a digest that is known bad for the service. */
  readonly runsKnownBad: (service: Service, tasks: readonly Task[] | null) => boolean;
  /** The held digest in the spec that the helper did not deploy. */
  readonly heldByOthers: (service: Service) => NonNullable<HealthView['runsHeld']> | null;
};

/** Reads the record, again only if something in it may have changed. */
export const createRecordReader = (db: Db, cluster: string): (() => Promise<HealthRecord>) => {
  let seen = -1;
  let kept: HealthRecord | null = null;
  return async () => {
    const changes = await countChanges(db);
    if (kept !== null && changes === seen) return kept;
    const [hold, active, ends] = await Promise.all([
      readHolds(db, cluster),
      activeDeployments(db, cluster),
      readLastEnds(db, cluster),
    ]);
    kept = recordOf(hold, new Set(active.keys()), ends);
    seen = changes;
    return kept;
  };
};

const recordOf = (
  findHold: FindHold,
  active: ReadonlySet<string>,
  ends: ReadonlyMap<string, LastEnd>,
): HealthRecord => {
  /** Whether the digest has run well since, because a person insisted on it. */
  const hasProvenItself = (service: Service, digest: Digest, heldSince: string): boolean => {
    const end = ends.get(service.id);
    return end?.state === 'succeeded' && end.to === digest && end.endedAt > Date.parse(heldSince);
  };
  const isKnownBad = (service: Service, digest: Digest): boolean => {
    const hold = findHold(service, digest);
    return hold?.kind === 'known-bad' && !hasProvenItself(service, digest, hold.since);
  };
  return {
    isOurs: (id) => active.has(id),
    last: (id) => ends.get(id) ?? null,
    runsKnownBad: (service, tasks) => {
      const running = (tasks ?? [])
        .filter(({ desired }) => desired === 'running')
        .map(({ digest }) => digest);
      const digests = new Set([specDigest(service), ...running]);
      return [...digests].some((digest) => digest !== null && isKnownBad(service, digest));
    },
    heldByOthers: (service) => {
      const digest = specDigest(service);
      if (digest === null || active.has(service.id)) return null;
      const hold = findHold(service, digest);
      if (hold?.kind !== 'known-bad' && hold?.kind !== 'left-by-person') return null;
      const end = ends.get(service.id);
      // A digest that our own deployment left there is reported as that deployment's failure.
      if (end?.to === digest && end.state !== 'rolled-back') return null;
      return { digest, hold: hold.kind, heldSince: hold.since };
    },
  };
};

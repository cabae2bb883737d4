import type { Cluster } from '../../core/swarm/cluster.ts';
import type { Digest } from '../../core/image/digest.ts';
import { presentTag, type Service } from '../../core/swarm/service.ts';
import type { Hold } from '../../core/verdict/verdict.ts';
import { wentBack } from '../../core/verdict/went-back.ts';
import { readFreezes } from '../../store/holds/freezes.ts';
import { readHolds, readReleases } from '../../store/holds/holds.ts';
import { activeDeployments } from '../../store/deployments/deployments.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { readMembers } from '../../store/published/seen-indexes.ts';
import { knownDigest, readProven } from '../../store/holds/proven.ts';
import type { Memory } from './check-services.ts';
import { type Gating, NO_GATING } from '../gates/gating.ts';
import { readGates } from '../gates/judge-gates.ts';
import { type FitCluster, readFitHolds } from './fit-hold.ts';

/** Returns the hold on a digest for a service: one from the store, or `left-by-person` after an engine rollback. */
export type FindDigestHold = (
  service: Service,
  digest: Digest,
  /** The tag that the service would move to; missing or null if it keeps its own. */
  tag?: string | null,
) => Hold | null;

/** Reads the holds on digests of a cluster. A freeze or a missing node holds no digest. */
export const readDigestHolds = async (db: Db, cluster: string): Promise<FindDigestHold> => {
  const [proven, active] = await Promise.all([
    readProven(db, cluster),
    activeDeployments(db, cluster),
  ]);
  return readDigestHoldsOn(db, cluster, { proven, active });
};

type Ran = {
  readonly proven: Awaited<ReturnType<typeof readProven>>;
  readonly active: Awaited<ReturnType<typeof activeDeployments>>;
};

/** The same, if the caller has already read what services ran and what is being deployed. */
const readDigestHoldsOn = async (
  db: Db,
  cluster: string,
  { proven, active }: Ran,
): Promise<FindDigestHold> => {
  const [hold, releasedAt] = await Promise.all([readHolds(db, cluster), readReleases(db, cluster)]);
  /** The hold after an engine rollback, unless a person has released the digest since it was deployed. */
  const leftHold: FindDigestHold = (service, digest, tag = null) => {
    const left = wentBack(service);
    const last = proven.get(service.id);
    if (left === null || last === undefined || active.has(service.id)) return null;
    if (last.digest !== digest && (tag === null || last.tag !== tag)) return null;
    return (releasedAt(service.id, digest) ?? 0) > last.at ? null : left;
  };
  return (service, digest, tag) => hold(service, digest, tag) ?? leftHold(service, digest, tag);
};

type RememberedCluster = FitCluster & Pick<Cluster, 'name' | 'capabilities'>;

/** Reads what the store knows of a cluster's services, for one check or run. */
export const readMemory = async (
  db: Db,
  {
    cluster: from,
    gating = NO_GATING,
  }: { readonly cluster: RememberedCluster; readonly gating?: Gating },
  now: number,
  signal: AbortSignal,
): Promise<Memory> => {
  const cluster = from.name;
  const [proven, active] = await Promise.all([
    readProven(db, cluster),
    activeDeployments(db, cluster),
  ]);
  const [fitHold, hold, freeze, gates] = await Promise.all([
    readFitHolds(db, from, signal),
    readDigestHoldsOn(db, cluster, { proven, active }),
    readFreezes(db, cluster, now),
    readGates(db, from, gating, now),
  ]);
  const digestHold: Memory['digestHold'] = (service, digest, image) => {
    const tag = image === null || image.tag === presentTag(service) ? null : image.tag;
    return hold(service, digest, tag) ?? fitHold(service, digest);
  };
  return {
    hold: (service, digest, image) => freeze(service) ?? digestHold(service, digest, image),
    frozen: freeze,
    digestHold,
    gates,
    fitHold,
    knownDigest: (service) => knownDigest(service, proven.get(service.id)),
    updateIsOurs: (service) => active.has(service.id),
    ownTarget: (service) => {
      const intent = active.get(service.id)?.intent ?? null;
      // An update that was certainly not carried out is decided again, by what is published then.
      return intent === null || intent.refuted ? null : intent.target;
    },
    membersOf: (digest) => readMembers(db, digest),
  };
};

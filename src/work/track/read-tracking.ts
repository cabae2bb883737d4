import { trackedBy } from '../../core/policy/labels.ts';
import { presentTag, type Service, specDigest } from '../../core/swarm/service.ts';
import type { TagSeen } from '../../core/policy/policy.ts';
import type { TrackingView } from '../../core/policy/tracking.ts';
import { rfc3339 } from '../../store/query/json.ts';
import { readReleases } from '../../store/holds/holds.ts';
import type { Db } from '../../store/sqlite/open-store.ts';
import { type Arrival, readArrivals } from '../../store/track/arrivals.ts';
import { readMoves, readOpenTags } from '../../store/track/moves.ts';
import type { Memory } from '../assess/check-services.ts';

/** What the store knows of the tags that services of a cluster were moved to. */
export type Tracking = {
  /**
   * The tag below which a service does not move, with its push time: its own tag, or that of a deployment in
   * progress.
   */
  readonly floorOf: (service: Service) => TagSeen | null;
  /** When a tag was first pushed with this digest, in ms since the epoch; null if unknown. */
  readonly arrivedAt: (tag: string, digest: string | null) => number | null;
  /** The newer tag that the helper had moved the service to, if somebody has put the service back since. */
  readonly ranBefore: (service: Service) => TrackingView['ran'];
  /** The hold on a tag and digest that the helper moved a service to and somebody has undone since. */
  readonly putBack: Memory['hold'];
};

/**
 * Reads it for one check whose pushes name `tags`. With `name` null: for services of any repository, without
 * arrivals. Reads nothing if no service follows tags.
 */
export const readTracking = async (
  db: Db,
  { cluster, name }: { readonly cluster: string; readonly name: string | null },
  services: readonly Service[],
  tags: readonly string[],
): Promise<Tracking> => {
  const policies = services.flatMap((service) => trackedBy(service) ?? []);
  if (policies.length === 0) return UNTRACKED;
  const [moves, open, releasedAt] = await Promise.all([
    readMoves(db, cluster),
    readOpenTags(db, cluster),
    readReleases(db, cluster),
  ]);
  const floor = (service: Service): string | null => open.get(service.id) ?? presentTag(service);
  const isByArrival = policies.some(({ ordersTags }) => !ordersTags);
  const known = new Set([...tags, ...services.flatMap((service) => floor(service) ?? [])]);
  const arrivals = isByArrival && name !== null ? await readArrivals(db, name, [...known]) : [];
  const arrivedAt: Tracking['arrivedAt'] = (tag, digest) => firstOf(arrivals, tag, digest);
  return {
    arrivedAt,
    floorOf: (service) => {
      const tag = floor(service);
      if (tag === null) return null;
      const digest = open.has(service.id) ? null : specDigest(service);
      return { tag, arrivedAt: arrivedAt(tag, digest) };
    },
    ranBefore: (service) => {
      const present = presentTag(service);
      const [last] = moves.get(service.id) ?? [];
      if (present === null || last === undefined || last.tag === present) return null;
      if (open.has(service.id) || trackedBy(service) === null) return null;
      return { tag: last.tag, since: rfc3339(last.endedAt), until: service.updatedAt };
    },
    putBack: (service, digest, image) => {
      const present = presentTag(service);
      if (image === null || image.tag === present || open.has(service.id)) return null;
      const move = moves
        .get(service.id)
        ?.find((one) => one.tag === image.tag && one.digest === digest);
      if (move === undefined || present === null) return null;
      const { endedAt, deployment } = move;
      if ((releasedAt(service.id, digest) ?? 0) > endedAt) return null;
      const { updatedAt } = service;
      const ran = { tag: move.tag, since: rfc3339(endedAt), present };
      return { kind: 'left-by-person', since: updatedAt, deployment, ran };
    },
  };
};

const UNTRACKED: Tracking = {
  floorOf: () => null,
  arrivedAt: () => null,
  ranBefore: () => null,
  putBack: () => null,
};

/** If a push names no digest, the first push of its tag counts, because this one may repeat it. */
const firstOf = (
  arrivals: readonly Arrival[],
  tag: string,
  digest: string | null,
): number | null => {
  const own = arrivals.filter((one) => one.tag === tag);
  const same = digest === null ? [] : own.filter((one) => one.digest === digest);
  const times = (same.length > 0 ? same : own).map(({ at }) => at);
  return times.length === 0 ? null : Math.min(...times);
};

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

/** What is remembered of the tags that services of a cluster were moved to. */
export type Tracking = {
  /**
   * The tag below which a service does not go: its own, or that of a deployment which is on its way. With when that
   * was pushed.
   */
  readonly floorOf: (service: Service) => TagSeen | null;
  /** When a tag was first pushed with this digest, ms since the epoch; null where that is not known. */
  readonly arrivedAt: (tag: string, digest: string | null) => number | null;
  /** The newer tag that the helper moved the service to, where somebody has put it back to another since. */
  readonly ranBefore: (service: Service) => TrackingView['ran'];
  /** The hold on a tag and digest that a service was moved to, and that somebody has put back to another since. */
  readonly putBack: Memory['hold'];
};

/**
 * Reads it for one look, whose pushes name `tags`, or with no name for services of any repository, of which no
 * arrivals are read. Without a service that tracks nothing is read.
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

/** Of a push that named no digest the first push of its tag counts, as that is the one it may repeat. */
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

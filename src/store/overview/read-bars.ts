import type { Selectable } from 'kysely';
import type { LaneBar } from '../../core/contract/overview.ts';
import type { Scope } from '../../core/contract/scope.ts';
import { lowestIdAt } from '../../core/time-ordered-id.ts';
import type { Db } from '../query/db.ts';
import { optionalRfc3339, rfc3339 } from '../query/json.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { DeploymentRow } from '../tables/deployments.ts';
import { isPlaceWithin } from './place-within.ts';
import { DAY_MS } from './read-day.ts';

/**
 * How long before a span a deployment may have been queued that ended in it: it waits for the end of a freeze, for a
 * window, which opens within 14 days, or for a cluster that is unreachable. Twenty thousand more rows to pass over take
 * SQLite some 2 ms.
 */
const LONGEST_MS = 14 * DAY_MS;
/** More deployments than a picture shows: the newest are kept. */
const MOST_BARS = 5_000;

const COLUMNS = [
  'id',
  'cluster',
  'service_id',
  'service_name',
  'stack',
  'name',
  'tag',
  'from_tag',
  'state',
  'reason',
  'queued_at',
  'started_at',
  'ended_at',
] as const;

/** The deployments of one service in a span of time, with what is known about the service from them. */
export type Bars = {
  readonly cluster: string;
  readonly service: { readonly id: string; readonly name: string };
  readonly stack: string | null;
  /** Registry, repository and tag of each image that it deployed. */
  readonly images: ReadonlySet<string>;
  /** Oldest first. */
  readonly deployments: readonly LaneBar[];
};

export type BarsAsked = {
  /** ms since the epoch. */
  readonly since: number;
  /** Null limits nothing. */
  readonly within: Scope | null;
  /** Only of this service, by its id; null: of all. */
  readonly service: { readonly cluster: string; readonly id: string } | null;
};

type Row = Pick<Selectable<DeploymentRow>, (typeof COLUMNS)[number]>;

/**
 * The deployments that were open at `since` or began later, by `cluster/service id`: at most the newest 5,000. Found by
 * the time in their ids, and the open ones by their partial indexes.
 */
export const readBars = async (
  db: Db,
  { since, within, service }: BarsAsked,
): Promise<ReadonlyMap<string, Bars>> => {
  let query = db.selectFrom('deployments').select(COLUMNS);
  if (service !== null) {
    query = query.where('cluster', '=', service.cluster).where('service_id', '=', service.id);
  }
  const parts = await Promise.all([
    query
      .where('id', '>=', lowestIdAt(since - LONGEST_MS))
      .where((eb) => eb.or([eb('ended_at', 'is', null), eb('ended_at', '>=', since)]))
      .orderBy('id', 'desc')
      .limit(MOST_BARS)
      .execute(),
    query.where(IS_QUEUED).limit(MOST_BARS).execute(),
    query.where(IS_UNDER_WAY).limit(MOST_BARS).execute(),
  ]);
  const rows = new Map(parts.flat().map((row) => [row.id, row]));
  const sorted = [...rows.values()]
    .filter(isPlaceWithin(within))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
  return new Map(
    [...Map.groupBy(sorted, (row) => `${row.cluster}/${row.service_id}`)].flatMap(([key, own]) => {
      const bars = toBars(own);
      return bars === null ? [] : [[key, bars] as const];
    }),
  );
};

const toBars = (rows: readonly Row[]): Bars | null => {
  const newest = rows.at(-1);
  if (newest === undefined) return null;
  return {
    cluster: newest.cluster,
    service: { id: newest.service_id, name: newest.service_name },
    stack: newest.stack,
    images: new Set(rows.map(({ name, tag }) => `${name}:${tag}`)),
    deployments: rows.map((row) => ({
      id: row.id,
      state: row.state,
      reason: row.reason,
      fromTag: row.from_tag ?? row.tag,
      toTag: row.tag,
      queuedAt: rfc3339(row.queued_at),
      startedAt: optionalRfc3339(row.started_at),
      endedAt: optionalRfc3339(row.ended_at),
    })),
  };
};

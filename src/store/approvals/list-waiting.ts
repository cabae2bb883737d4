import type { ExpressionBuilder } from 'kysely';
import type { PageRequest, WaitingFilter } from '../../core/contract/list-filters.ts';
import type { WaitingView } from '../../core/policy/approvals/waiting-view.ts';
import type { Page } from '../../core/contract/views.ts';
import type { Query } from '../sqlite/open-store.ts';
import type { Tables } from '../tables/tables.ts';
import { isUndecided } from '../holds/undecided.ts';
import { buildsOf, comparePages, toView, type Waiting } from './waiting.ts';

/** The position of a row in the list of waits. */
type Place = readonly [cluster: string, stack: string, name: string, id: string];

const printPlace = (row: Waiting): string =>
  JSON.stringify([row.cluster, row.stack ?? '', row.service_name, row.service_id]);

/** Null for a text that {@link printPlace} did not make. */
const parsePlace = (text: string): Place | null => {
  try {
    const parts: unknown = JSON.parse(text);
    if (!Array.isArray(parts) || parts.length !== 4) return null;
    const [cluster, stack, name, id] = parts.map(String);
    return [cluster ?? '', stack ?? '', name ?? '', id ?? ''];
  } catch {
    return null;
  }
};

/**
 * A part of the waits, ordered by cluster, stack and name. A wait that was just rejected is left out even before its
 * cluster is checked. The database reads the gates of this part only, however many wait.
 */
export const listWaiting = async (
  db: Query,
  { cluster, stack, service }: WaitingFilter,
  { limit, after }: PageRequest,
): Promise<Page<WaitingView>> => {
  const stackOf = (eb: ExpressionBuilder<Tables, 'waiting'>) =>
    eb.fn.coalesce('waiting.stack', eb.val(''));
  let query = db.selectFrom('waiting').selectAll().where(isUndecided());
  if (cluster !== undefined) query = query.where('cluster', '=', cluster);
  if (stack !== undefined) query = query.where('stack', '=', stack);
  if (service !== undefined) {
    query = query.where((eb) =>
      eb.or([eb('service_id', '=', service), eb('service_name', '=', service)]),
    );
  }
  const place = after === null ? null : parsePlace(after);
  if (place !== null) {
    const [lastCluster, lastStack, lastName, lastId] = place;
    query = query.where((eb) => {
      const inCluster = eb('cluster', '=', lastCluster);
      const inStack = eb.and([inCluster, eb(stackOf(eb), '=', lastStack)]);
      return eb.or([
        eb('cluster', '>', lastCluster),
        eb.and([inCluster, eb(stackOf(eb), '>', lastStack)]),
        eb.and([inStack, eb('service_name', '>', lastName)]),
        eb.and([inStack, eb('service_name', '=', lastName), eb('service_id', '>', lastId)]),
      ]);
    });
  }
  const rows = await query
    .orderBy('cluster')
    .orderBy(stackOf)
    .orderBy('service_name')
    .orderBy('service_id')
    .limit(limit + 1)
    .execute();
  const shown = rows.slice(0, limit);
  const builds = await buildsOf(
    db,
    shown.flatMap((row) => [row.from_digest, row.digest]),
  );
  const pages = await comparePages(db, shown);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map((row) => toView(row, builds, pages)),
    next: last === undefined ? null : printPlace(last),
  };
};

import type { Selectable } from 'kysely';
import type { DeliveryFilter, PageRequest } from '../../core/contract/list-filters.ts';
import type {
  DeliveryDetail,
  DeliveryPage,
  DeliveryView,
} from '../../core/contract/delivery-views.ts';
import { cutPage } from '../query/cut-page.ts';
import { optionalRfc3339, readJson, readOptionalJson, rfc3339 } from '../query/json.ts';
import { deploymentsOfDeliveries } from '../deployments/deployments-of-delivery.ts';
import { isIgnored, isSentBy, isShown } from './delivery-filter.ts';
import type { Db } from '../sqlite/open-store.ts';
import type { DeliveryRow, PushResultRow } from '../tables/deliveries.ts';

/**
 * Newest first. Includes the count of deliveries without a push that the same filters for sender, secret and time leave
 * out.
 */
export const listDeliveries = async (
  db: Db,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<DeliveryPage> => {
  let query = db.selectFrom('deliveries').selectAll().where(isShown(filter));
  if (page.after !== null) query = query.where('id', '<', page.after);
  const [rows, ignored] = await Promise.all([
    query
      .orderBy('id', 'desc')
      .limit(page.limit + 1)
      .execute(),
    filter.ignored === true || filter.outcome === 'ignored' ? 0 : countIgnored(db, filter),
  ]);
  const { shown, next } = cutPage(rows, page);
  return {
    items: await toViews(db, shown),
    next,
    ignored,
  };
};

const countIgnored = async (db: Db, filter: DeliveryFilter): Promise<number> => {
  const { count } = await db
    .selectFrom('deliveries')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(isIgnored)
    .where(isSentBy(filter))
    .executeTakeFirstOrThrow();
  return count;
};

export const readDelivery = async (db: Db, id: string): Promise<DeliveryDetail | null> => {
  const row = await db.selectFrom('deliveries').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) return null;
  const [view] = await toViews(db, [row]);
  if (view === undefined) return null;
  const headers = readOptionalJson<Record<string, string>>(row.headers) ?? {};
  return { ...view, headers, body: row.body };
};

const toViews = async (
  db: Db,
  rows: readonly Selectable<DeliveryRow>[],
): Promise<DeliveryView[]> => {
  if (rows.length === 0) return [];
  const ids = rows.map((row) => row.id);
  const [pushes, results, deployments] = await Promise.all([
    db.selectFrom('pushes').selectAll().where('delivery_id', 'in', ids).orderBy('id').execute(),
    db
      .selectFrom('push_results')
      .innerJoin('pushes', 'pushes.id', 'push_results.push_id')
      .select(['push_id', 'cluster', 'state', 'outcome', 'detail', 'ended_at'])
      .where('pushes.delivery_id', 'in', ids)
      .orderBy('cluster')
      .execute(),
    deploymentsOfDeliveries(db, ids),
  ]);
  const pushesOf = Map.groupBy(pushes, (push) => push.delivery_id);
  const resultsOf = Map.groupBy(results, (result) => result.push_id);
  return rows.map((row) => ({
    id: row.id,
    receivedAt: rfc3339(row.received_at),
    sender: row.sender,
    secret: row.secret,
    address: row.address,
    status: row.status,
    pushes: (pushesOf.get(row.id) ?? []).map((push) => ({
      image: `${push.name}:${push.tag}`,
      ...(push.digest === null ? {} : { digest: push.digest }),
      results: (resultsOf.get(push.id) ?? []).map(toResult),
    })),
    ignored: readJson(row.ignored),
    duplicateOf: row.duplicate_of,
    deployments: deployments.get(row.id) ?? [],
  }));
};

const toResult = (
  row: Pick<Selectable<PushResultRow>, 'cluster' | 'state' | 'outcome' | 'detail' | 'ended_at'>,
): DeliveryView['pushes'][number]['results'][number] => ({
  cluster: row.cluster,
  state: row.state,
  outcome: row.outcome,
  detail: row.detail,
  endedAt: optionalRfc3339(row.ended_at),
});

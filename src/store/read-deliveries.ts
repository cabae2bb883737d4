import type { Selectable } from 'kysely';
import type { DeliveryFilter, PageRequest } from '../core/list-filters.ts';
import type { DeliveryDetail, DeliveryView, Page } from '../core/views.ts';
import { cutPage } from './cut-page.ts';
import { optionalRfc3339, readJson, readOptionalJson, rfc3339 } from './json.ts';
import { deploymentsOfDeliveries } from './checks/deployments-of-delivery.ts';
import type { Db } from './open-store.ts';
import type { DeliveryRow, PushResultRow } from './schema.ts';

/** Newest first. */
export const listDeliveries = async (
  db: Db,
  filter: DeliveryFilter,
  page: PageRequest,
): Promise<Page<DeliveryView>> => {
  let query = db.selectFrom('deliveries').selectAll();
  const { images } = filter;
  if (images !== undefined) {
    const ofImages = db
      .selectFrom('pushes')
      .select('delivery_id')
      .where((eb) => eb(eb.fn<string>('concat', ['name', eb.val(':'), 'tag']), 'in', images));
    query = query.where('id', 'in', ofImages);
  }
  if (filter.sender !== undefined) query = query.where('sender', '=', filter.sender);
  if (filter.secret !== undefined) query = query.where('secret', '=', filter.secret);
  if (filter.since !== undefined)
    query = query.where('received_at', '>=', Date.parse(filter.since));
  if (filter.until !== undefined) query = query.where('received_at', '<', Date.parse(filter.until));
  if (page.after !== null) query = query.where('id', '<', page.after);
  const rows = await query
    .orderBy('id', 'desc')
    .limit(page.limit + 1)
    .execute();
  const { shown, next } = cutPage(rows, page);
  return {
    items: await toViews(db, shown),
    next,
  };
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

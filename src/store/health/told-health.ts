import { type NewAction, recordAction } from '../access/actions.ts';
import { addMessages, type NewMessage } from '../notices/notifications.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import type { ToldHealthRow } from '../tables/notices.ts';

/** A health problem of a service that was announced and is not over. */
export type ToldHealth = {
  readonly service: string;
  readonly kind: ToldHealthRow['kind'];
  readonly subject: string;
  readonly incident: string;
};

export const readToldHealth = async (
  db: Query,
  cluster: string,
): Promise<readonly ToldHealth[]> => {
  const rows = await db
    .selectFrom('told_health')
    .selectAll()
    .where('cluster', '=', cluster)
    .execute();
  return rows.map(({ service_id: service, kind, subject, incident }) => ({
    service,
    kind,
    subject,
    incident,
  }));
};

export type HealthNews = {
  readonly begun: readonly ToldHealth[];
  readonly over: readonly Pick<ToldHealth, 'service' | 'kind'>[];
  readonly messages: readonly NewMessage[];
  readonly actions: readonly NewAction[];
};

/**
 * Records new and ended health problems, with their messages and audit rows, in one commit. `decide` gets the announced
 * problems in the same transaction: of several concurrent callers, only one announces a problem. Returns how many
 * messages it added.
 */
export const tellHealth = (
  db: Db,
  cluster: string,
  now: number,
  decide: (told: readonly ToldHealth[]) => HealthNews,
): Promise<number> =>
  db.transaction().execute(async (query) => {
    const news = decide(await readToldHealth(query, cluster));
    for (const { service, kind } of [...news.over, ...news.begun]) {
      await query
        .deleteFrom('told_health')
        .where('cluster', '=', cluster)
        .where('service_id', '=', service)
        .where('kind', '=', kind)
        .execute();
    }
    for (const { service, kind, subject, incident } of news.begun) {
      await query
        .insertInto('told_health')
        .values({ cluster, service_id: service, kind, subject, incident, told_at: now })
        .execute();
    }
    await addMessages(query, news.messages, now);
    for (const action of news.actions) await recordAction(query, action, now);
    return news.messages.length;
  });

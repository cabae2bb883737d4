import type { GateNotice } from '../../core/policy/approvals/gate-notice.ts';
import { addMessages, type NewMessage } from '../notices/notifications.ts';
import { readJson } from '../query/json.ts';
import type { Db, Query } from '../sqlite/open-store.ts';

/** Leaves gate news about an image, as part of the commit that decides it. */
export const leaveGateNews = async (
  query: Query,
  notice: GateNotice,
  now: number,
): Promise<void> => {
  await query
    .insertInto('gate_news')
    .values({ id: notice.id, content: JSON.stringify(notice), at: now })
    .execute();
};

/** Gate news that was not announced yet, at most `limit`, oldest first. */
export const readGateNews = async (db: Db, limit: number): Promise<readonly GateNotice[]> => {
  const rows = await db
    .selectFrom('gate_news')
    .select('content')
    .orderBy('id')
    .limit(limit)
    .execute();
  return rows.map(({ content }) => readJson<GateNotice>(content));
};

/** Turns gate news into messages, in one commit: each is announced once and never lost. */
export const tellGateNews = async (
  db: Db,
  ids: readonly string[],
  messages: readonly NewMessage[],
  now: number,
): Promise<void> => {
  await db.transaction().execute(async (query) => {
    await addMessages(query, messages, now);
    await query.deleteFrom('gate_news').where('id', 'in', ids).execute();
  });
};

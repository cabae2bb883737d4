import type { Selectable } from 'kysely';
import type { Message } from '../../core/contract/notice.ts';
import { readJson } from '../query/json.ts';
import { IS_QUEUED, IS_UNDER_WAY } from '../query/open-states.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import type { NotificationMessageRow } from '../tables/notices.ts';

/** Records that a deployment has ended, as part of the commit that ends it. */
export const announceEnd = async (
  query: Query,
  deployment: string,
  endedAt: number,
): Promise<void> => {
  await query
    .insertInto('notifications')
    .values({ deployment_id: deployment, ended_at: endedAt })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
};

/** A deployment that ended and is not announced yet. */
export type Unannounced = {
  readonly deployment: string;
  readonly endedAt: number;
  /** Its first trigger, `kind source`; its own id if it has none. */
  readonly group: string;
  /** Other deployments with the same trigger are still due now. */
  readonly isGroupOpen: boolean;
};

/** At most `limit`, those that ended first. */
export const readUnannounced = async (
  db: Db,
  now: number,
  limit: number,
): Promise<readonly Unannounced[]> => {
  const pending = await db
    .selectFrom('notifications')
    .selectAll()
    .orderBy('ended_at')
    .orderBy('deployment_id')
    .limit(limit)
    .execute();
  if (pending.length === 0) return [];
  const ids = pending.map((row) => row.deployment_id);
  const triggers = await db
    .selectFrom('triggers')
    .select(['deployment_id', 'kind', 'source'])
    .where('deployment_id', 'in', ids)
    .orderBy('at')
    .orderBy('kind')
    .orderBy('source')
    .execute();
  const open = await db
    .selectFrom('deployments')
    .innerJoin('triggers', 'triggers.deployment_id', 'deployments.id')
    .select(['kind', 'source'])
    .distinct()
    // Do not wait for a deployment that waits for its retry.
    .where((eb) => eb.or([IS_UNDER_WAY, eb.and([IS_QUEUED, eb('run_at', '<=', now)])]))
    .execute();
  const openGroups = new Set(open.map(groupName));
  const groups = new Map<string, string>();
  for (const row of triggers) {
    if (!groups.has(row.deployment_id)) groups.set(row.deployment_id, groupName(row));
  }
  return pending.map((row) => {
    const group = groups.get(row.deployment_id) ?? row.deployment_id;
    return {
      deployment: row.deployment_id,
      endedAt: row.ended_at,
      group,
      isGroupOpen: openGroups.has(group),
    };
  });
};

const groupName = ({ kind, source }: { kind: string; source: string }): string =>
  `${kind} ${source}`;

/** A message to one channel, stored until it is sent or given up. */
export type NewMessage = {
  readonly channel: string;
  readonly message: Message;
  /** ms since the epoch; not sent after. */
  readonly giveUpAt: number;
};

/** Stores messages for sending. Call it in a transaction. */
export const addMessages = async (
  query: Query,
  messages: readonly NewMessage[],
  now: number,
): Promise<void> => {
  for (const { channel, message, giveUpAt } of messages) {
    await query
      .insertInto('notification_messages')
      .values({
        id: message.id,
        channel,
        content: JSON.stringify(message),
        state: 'waiting',
        created_at: now,
        run_at: now,
        set_at: now,
        give_up_at: giveUpAt,
        attempts: 0,
        last_error: null,
        ended_at: null,
      })
      .execute();
  }
};

/** Turns ended deployments into messages, in one commit: each is announced once and never lost. */
export const announce = async (
  db: Db,
  deployments: readonly string[],
  messages: readonly NewMessage[],
  now: number,
): Promise<void> => {
  await db.transaction().execute(async (query) => {
    await addMessages(query, messages, now);
    await query.deleteFrom('notifications').where('deployment_id', 'in', deployments).execute();
  });
};

/** Removes ends that nobody was configured to hear. */
export const forgetUnannounced = async (db: Db): Promise<void> => {
  await db.deleteFrom('notifications').execute();
};

/** A message that waits to be sent. */
export type WaitingMessage = {
  readonly id: string;
  readonly message: Message;
  readonly runAt: number;
  readonly giveUpAt: number;
  /** Number of failed attempts. */
  readonly attempts: number;
  /** The last error; null if there was no attempt. */
  readonly lastError: string | null;
};

/** The next message to send to the channel, due or not; null if none waits. */
export const nextMessage = async (db: Db, channel: string): Promise<WaitingMessage | null> => {
  const row = await db
    .selectFrom('notification_messages')
    .selectAll()
    .where('channel', '=', channel)
    .where('state', '=', 'waiting')
    .orderBy('run_at')
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  return row === undefined ? null : toWaiting(row);
};

const toWaiting = (row: Selectable<NotificationMessageRow>): WaitingMessage => ({
  id: row.id,
  message: readJson<Message>(row.content),
  runAt: row.run_at,
  giveUpAt: row.give_up_at,
  attempts: row.attempts,
  lastError: row.last_error,
});

export type AttemptEnd =
  | { readonly kind: 'sent' }
  | { readonly kind: 'failed'; readonly detail: string }
  /** `runAt` is when to send it again, ms since the epoch. */
  | { readonly kind: 'again'; readonly runAt: number; readonly detail: string };

/** Records the result of one attempt. A sent message is kept without its content. */
export const recordAttempt = async (
  db: Db,
  id: string,
  end: AttemptEnd,
  now: number,
): Promise<void> => {
  await db
    .updateTable('notification_messages')
    .set((eb) => ({
      attempts: eb('attempts', '+', 1),
      last_error: end.kind === 'sent' ? null : end.detail,
      ...(end.kind === 'again'
        ? { run_at: end.runAt, set_at: now }
        : { state: end.kind, ended_at: now, ...(end.kind === 'sent' ? { content: '{}' } : {}) }),
    }))
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .execute();
};

/** Gives up messages to channels that no longer exist, and returns the number. */
export const giveUpOthers = async (
  db: Db,
  channels: readonly string[],
  now: number,
): Promise<number> => {
  let query = db
    .updateTable('notification_messages')
    .set({ state: 'failed', ended_at: now, last_error: 'the channel is no longer configured' })
    .where('state', '=', 'waiting');
  if (channels.length > 0) query = query.where('channel', 'not in', channels);
  return Number((await query.executeTakeFirst()).numUpdatedRows);
};

/** Gives up the oldest of a channel's waiting messages beyond `most`, and returns the number. */
export const giveUpExcess = async (
  db: Db,
  channel: string,
  most: number,
  now: number,
): Promise<number> => {
  const given = await db
    .updateTable('notification_messages')
    .set({ state: 'failed', ended_at: now, last_error: 'too many messages wait for the channel' })
    .where('id', 'in', (excess) =>
      excess
        .selectFrom('notification_messages')
        .select('id')
        .where('channel', '=', channel)
        .where('state', '=', 'waiting')
        .orderBy('id', 'desc')
        .limit(-1)
        .offset(most),
    )
    .executeTakeFirst();
  return Number(given.numUpdatedRows);
};

/** Removes messages that ended before a time. Returns the number. */
export const pruneMessages = async (db: Db, before: number): Promise<number> =>
  Number(
    (await db.deleteFrom('notification_messages').where('ended_at', '<', before).executeTakeFirst())
      .numDeletedRows,
  );

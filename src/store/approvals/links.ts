import { type VotedOn, votedOn } from './votes.ts';
import type { Db, Query } from '../sqlite/open-store.ts';

/** A one-time link of a notification. Only the message contains its token. */
export type NewLink = {
  /** SHA-256 of the token. */
  readonly hash: string;
  /** Name of the channel that gets the link. */
  readonly channel: string;
  /** ms since the epoch. */
  readonly expiresAt: number;
};

export type StoredLink = VotedOn & {
  readonly channel: string;
  readonly expiresAt: number;
  readonly usedAt: number | null;
};

export const addLink = async (db: Db, link: NewLink, on: VotedOn, now: number): Promise<void> => {
  await db
    .insertInto('approval_links')
    .values({
      hash: link.hash,
      ...votedOn(on),
      channel: link.channel,
      created_at: now,
      expires_at: link.expiresAt,
      used_at: null,
    })
    .execute();
};

export const findLink = async (query: Query, hash: string): Promise<StoredLink | null> => {
  const row = await query
    .selectFrom('approval_links')
    .selectAll()
    .where('hash', '=', hash)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { channel, expires_at: expiresAt, used_at: usedAt } = row;
  return { ...votedOn(row), channel, expiresAt, usedAt };
};

/** Marks a link as used. False if it was used before. Call it in the transaction of the decision. */
export const useLink = async (query: Query, hash: string, now: number): Promise<boolean> => {
  const used = await query
    .updateTable('approval_links')
    .set({ used_at: now })
    .where('hash', '=', hash)
    .where('used_at', 'is', null)
    .executeTakeFirst();
  return used.numUpdatedRows > 0n;
};

/** Removes links that expired before a time. They are of no use, not even to report that they expired. */
export const pruneLinks = async (query: Query, before: number): Promise<void> => {
  await query.deleteFrom('approval_links').where('expires_at', '<', before).execute();
};

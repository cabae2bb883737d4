import { SESSION_IDLE_MS, SESSION_LONGEST_MS } from '../../core/contract/session.ts';
import type { Db, Query } from '../sqlite/open-store.ts';
import { isAmong } from '../query/fragments.ts';
import { relaxed } from '../sqlite/relaxed.ts';

export type StoredSession = {
  /** Digest of the id. Only the client has the id itself. */
  readonly idHash: string;
  /** Name of the token used for the sign-in. */
  readonly token: string;
  readonly fingerprint: string;
  /** ms since the epoch. */
  readonly createdAt: number;
  readonly usedAt: number;
};

/** Maximum number of sessions of one token. Those that were unused for longest are removed. */
export const MOST_SESSIONS = 100;

/** Adds a session, removes ended ones, and those above the token's limit. */
export const addSession = async (
  query: Query,
  session: Omit<StoredSession, 'createdAt' | 'usedAt'>,
  now: number,
): Promise<void> => {
  const { idHash, token, fingerprint } = session;
  await query
    .insertInto('sessions')
    .values({ id_hash: idHash, token, fingerprint, created_at: now, used_at: now })
    .execute();
  await query
    .deleteFrom('sessions')
    .where((eb) =>
      eb.or([
        eb('used_at', '<=', now - SESSION_IDLE_MS),
        eb('created_at', '<=', now - SESSION_LONGEST_MS),
      ]),
    )
    .execute();
  await query
    .deleteFrom('sessions')
    .where('token', '=', token)
    .where('id_hash', '!=', idHash)
    .where('id_hash', 'not in', (eb) =>
      eb
        .selectFrom('sessions as kept')
        .select('kept.id_hash')
        .where('kept.token', '=', token)
        .where('kept.id_hash', '!=', idHash)
        .orderBy('kept.used_at', 'desc')
        .limit(MOST_SESSIONS - 1),
    )
    .execute();
};

export const findSession = async (db: Db, idHash: string): Promise<StoredSession | null> => {
  const row = await db
    .selectFrom('sessions')
    .selectAll()
    .where('id_hash', '=', idHash)
    .executeTakeFirst();
  if (row === undefined) return null;
  const { token, fingerprint, created_at: createdAt, used_at: usedAt } = row;
  return { idHash, token, fingerprint, createdAt, usedAt };
};

/** Not fsynced: losing it in a crash of the host only ends the session earlier. */
export const touchSession = (db: Db, idHash: string, now: number): Promise<unknown> =>
  relaxed(db, (query) =>
    query.updateTable('sessions').set({ used_at: now }).where('id_hash', '=', idHash).execute(),
  );

/** Ends one session. Returns whether there was one. */
export const endSession = async (query: Query, idHash: string): Promise<boolean> => {
  const gone = await query.deleteFrom('sessions').where('id_hash', '=', idHash).executeTakeFirst();
  return gone.numDeletedRows > 0n;
};

/** Ends every session of a token. Returns how many there were. */
export const endSessionsOf = async (query: Query, token: string): Promise<number> => {
  const gone = await query.deleteFrom('sessions').where('token', '=', token).executeTakeFirst();
  return Number(gone.numDeletedRows);
};

/** Ends every session of all other tokens. */
export const endSessionsBut = async (query: Query, tokens: readonly string[]): Promise<void> => {
  await query
    .deleteFrom('sessions')
    .where((eb) => eb.not(isAmong(eb.ref('token'), tokens)))
    .execute();
};

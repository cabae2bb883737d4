import type { Db } from '../sqlite/open-store.ts';

/** A key that an act is asked with; each actor has keys of its own. */
export type RequestKey = {
  readonly actor: string;
  readonly key: string;
  /** Tells one request from another; never the request itself. */
  readonly request: string;
};

export type KeptAnswer = { readonly status: number; readonly body: string | null };

/**
 * `new`: nobody asked with it, and it is kept now. `answered`: what the same request was answered.
 * `other-request`: it was used for another. `unfinished`: the same request is under way, or was when
 * the process before ended.
 */
export type SeenKey =
  | { readonly kind: 'new' | 'other-request' | 'unfinished' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer };

export const KEY_KEPT_MS = 24 * 3_600_000;
/** Answers that are kept at most; the oldest go. */
const MOST_KEYS = 1_000;

/** Takes a key for a request that is about to be carried out, or tells what became of it. */
export const takeKey = async (db: Db, wanted: RequestKey, now: number): Promise<SeenKey> =>
  db.transaction().execute(async (query) => {
    const { actor, key, request } = wanted;
    await query
      .deleteFrom('request_keys')
      .where('created_at', '<=', now - KEY_KEPT_MS)
      .execute();
    const known = await query
      .selectFrom('request_keys')
      .selectAll()
      .where('actor', '=', actor)
      .where('key', '=', key)
      .executeTakeFirst();
    if (known !== undefined) {
      if (known.request !== request) return { kind: 'other-request' };
      const { status, body } = known;
      return status === null
        ? { kind: 'unfinished' }
        : { kind: 'answered', answer: { status, body } };
    }
    await query
      .insertInto('request_keys')
      .values({ actor, key, request, status: null, body: null, created_at: now })
      .execute();
    await query
      .deleteFrom('request_keys')
      .where('created_at', '<', (eb) =>
        eb
          .selectFrom('request_keys as kept')
          .select('kept.created_at')
          .orderBy('kept.created_at', 'desc')
          .offset(MOST_KEYS - 1)
          .limit(1),
      )
      .execute();
    return { kind: 'new' };
  });

/** Keeps what a request was answered. */
export const keepAnswer = async (db: Db, of: RequestKey, answer: KeptAnswer): Promise<void> => {
  await db
    .updateTable('request_keys')
    .set(answer)
    .where('actor', '=', of.actor)
    .where('key', '=', of.key)
    .execute();
};

/** Nothing came of the request: it may be asked again with the same key. */
export const forgetKey = async (db: Db, of: RequestKey): Promise<void> => {
  await db
    .deleteFrom('request_keys')
    .where('actor', '=', of.actor)
    .where('key', '=', of.key)
    .execute();
};

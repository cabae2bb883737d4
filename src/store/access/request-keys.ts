import type { Db } from '../sqlite/open-store.ts';

/** An idempotency key. Each actor has its own keys. */
export type RequestKey = {
  readonly actor: string;
  readonly key: string;
  /** A digest of the request, never the request itself. */
  readonly request: string;
};

export type KeptAnswer = { readonly status: number; readonly body: string | null };

/**
 * `new`: nobody used it before, and it is stored now. `answered`: the answer to the same request. `other-request`: it
 * was used for another request. `unfinished`: the same request is in progress, or was when the previous process ended.
 */
export type SeenKey =
  | { readonly kind: 'new' | 'other-request' | 'unfinished' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer };

export const KEY_KEPT_MS = 24 * 3_600_000;
/** Maximum number of stored answers. The oldest are removed. */
const MOST_KEYS = 1_000;

/** Takes a key for a request that is about to be carried out, or returns what became of the earlier one. */
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

/** Stores the answer to a request. */
export const keepAnswer = async (db: Db, of: RequestKey, answer: KeptAnswer): Promise<void> => {
  await db
    .updateTable('request_keys')
    .set(answer)
    .where('actor', '=', of.actor)
    .where('key', '=', of.key)
    .execute();
};

/** The request had no effect: it may be sent again with the same key. */
export const forgetKey = async (db: Db, of: RequestKey): Promise<void> => {
  await db
    .deleteFrom('request_keys')
    .where('actor', '=', of.actor)
    .where('key', '=', of.key)
    .execute();
};
